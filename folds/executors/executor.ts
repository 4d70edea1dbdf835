import type { Stream } from 'effect'
import type { InputError } from '../../core/index.ts'

/** A fold to be run by one command: the same that a user would type, wherever an executor starts it. */
export interface FoldTask {
  /** Index of the fold. */
  readonly fold: number
  /** Name in lists of jobs: `bra-00003`. */
  readonly name: string
  /** Program and arguments. */
  readonly command: ReadonlyArray<string>
  /** File that its output is added to. */
  readonly log: string
}

/** What is asked for each fold. */
export interface Resources {
  /** Cores; a fraction where the scheduler knows fractions. */
  readonly cpus: number
  readonly gpus: number
  /** Bytes. */
  readonly memory: number
}

export interface ExecutorSettings {
  /** Folder of the run, absolute. */
  readonly run: string
  /** Folder that commands start in, absolute. */
  readonly cwd: string
  /** Most folds at the same time; left out, the executor's own choice. */
  readonly workers?: number
  readonly resources: Resources
  /** Milliseconds between two looks at a scheduler. */
  readonly poll?: number
  /** Options of one executor by name, as its own schema reads them. */
  readonly options: { readonly [name: string]: unknown }
}

/** How an attempt at a fold ended. */
export interface Ended {
  readonly task: FoldTask
  readonly attempt: number
  /** `lost`: killed or its machine died; `cancelled`: somebody told the scheduler to stop it. */
  readonly end: 'exited' | 'lost' | 'cancelled'
  /** Exit code; null unless it exited. */
  readonly code: number | null
  /** One line: the last that it wrote, or what the scheduler says. */
  readonly detail: string
}

/** Starts commands somewhere and says how each ended. */
export interface Executor {
  readonly name: string
  /** Runs an attempt of each task, and gives their ends as they come. Interrupted, it stops what it started. */
  readonly submit: (tasks: ReadonlyArray<FoldTask>, attempt: number) => Stream.Stream<Ended, InputError>
}
