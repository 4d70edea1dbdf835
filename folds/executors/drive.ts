import { Effect, Stream } from 'effect'
import type { InputError } from '../../core/index.ts'
import type { Ended, Executor, FoldTask } from './executor.ts'

export interface DriveOptions {
  /** Maximum number of attempts for a fold that ends unfinished. */
  readonly attempts: number
  /** Milliseconds before another attempt, and between two checks of a fold that another process holds. */
  readonly pause: number
  /** Whether a fold has its manifest. */
  readonly finished: (task: FoldTask) => Effect.Effect<boolean, InputError>
  /** Whether a live process holds the fold, or samples of it. */
  readonly held: (task: FoldTask) => Effect.Effect<boolean, InputError>
}

/** The outcome of an attempt: `held` means that another process holds the fold, and does not count as an attempt. */
export type Fate = 'finished' | 'refused' | 'again' | 'held' | 'given up'

/** How an attempt ended, and the next action. */
export interface Driven extends Ended {
  readonly fate: Fate
}

/**
 * The action after an attempt's end. Without its manifest a fold is not finished, whatever the exit code. An input
 * error (2) or a cancellation (130, or by the scheduler) would only repeat, unless another process holds
 * the fold; everything else may be a fault of the machine.
 */
export const fateOf = (
  ended: Pick<Ended, 'end' | 'code' | 'attempt'>,
  finished: boolean,
  held: boolean,
  attempts: number,
): Fate => {
  if (finished && (ended.code === 0 || ended.code === 3)) return 'finished'
  if (held && ended.code === 2) return 'held'
  if (ended.end === 'cancelled' || ended.code === 2 || ended.code === 130) return 'refused'
  return ended.attempt < attempts ? 'again' : 'given up'
}

/**
 * Runs folds through an executor until each is finished, refused or given up, and emits the end of every attempt. A fold
 * that a live process holds is waited for, because the process may still finish it, and the lease of a machine that
 * died expires.
 */
export const drive = (
  executor: Executor,
  tasks: ReadonlyArray<FoldTask>,
  options: DriveOptions,
): Stream.Stream<Driven, InputError> => {
  const { attempts, pause, finished, held } = options
  const free = (task: FoldTask): Effect.Effect<void, InputError> =>
    Effect.flatMap(held(task), (wait) =>
      wait
        ? Effect.andThen(
            Effect.sleep(pause),
            Effect.suspend(() => free(task)),
          )
        : Effect.void,
    )
  const attempt = (some: ReadonlyArray<FoldTask>, number: number): Stream.Stream<Driven, InputError> =>
    some.length === 0
      ? Stream.empty
      : executor.submit(some, number).pipe(
          Stream.mapEffect(
            Effect.fnUntraced(function* (ended) {
              const fate = fateOf(ended, yield* finished(ended.task), yield* held(ended.task), attempts)
              return { ...ended, fate }
            }),
          ),
          Stream.flatMap(
            (driven) => {
              const { fate, task } = driven
              if (fate !== 'again' && fate !== 'held') return Stream.succeed(driven)
              const next = Stream.unwrap(
                Effect.sleep(pause).pipe(
                  Effect.andThen(free(task)),
                  Effect.as(attempt([task], fate === 'held' ? number : number + 1)),
                ),
              )
              return Stream.concat(Stream.succeed(driven), next)
            },
            { concurrency: 'unbounded' },
          ),
        )
  return Stream.unwrap(
    Effect.gen(function* () {
      const waiting = yield* Effect.filter(tasks, held)
      const after = (task: FoldTask) => Stream.unwrap(Effect.as(free(task), attempt([task], 1)))
      return Stream.mergeAll(
        [
          attempt(
            tasks.filter((task) => !waiting.includes(task)),
            1,
          ),
          ...waiting.map(after),
        ],
        { concurrency: 'unbounded' },
      )
    }),
  )
}
