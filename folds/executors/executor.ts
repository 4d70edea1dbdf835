import type { Stream } from 'effect'
import type { InputError } from '../../core/index.ts'

/** A fold to be run by one command, the same that a user would run by hand. */
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

/** Resources requested for each fold. */
export interface Resources {
  /** Cores; a fraction if the scheduler supports fractions. */
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
  /** Maximum number of concurrent folds; the executor's choice by default. */
  readonly workers?: number
  readonly resources: Resources
  /** Milliseconds between two queries of a scheduler. */
  readonly poll?: number
  /** Options of one executor by name, as its own schema reads them. */
  readonly options: { readonly [name: string]: unknown }
}

/** How an attempt at a fold ended. */
export interface Ended {
  readonly task: FoldTask
  readonly attempt: number
  /** `lost`: killed or its machine died; `cancelled`: stopped through the scheduler. */
  readonly end: 'exited' | 'lost' | 'cancelled'
  /** Exit code; null unless it exited. */
  readonly code: number | null
  /** One line: the last of its output, or the scheduler's message. */
  readonly detail: string
}

/** Starts commands and reports how each ended. */
export interface Executor {
  readonly name: string
  /** Runs an attempt of each task and emits how each ended. When interrupted, it stops what it started. */
  readonly submit: (tasks: ReadonlyArray<FoldTask>, attempt: number) => Stream.Stream<Ended, InputError>
}
