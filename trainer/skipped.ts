import { Effect } from 'effect'
import type { EngineError, InputError, VideoError } from '../core/index.ts'
import type { TrainingItem } from './data.ts'

type SampleError = VideoError | InputError | EngineError

/**
 * Turns the failure of one sample (its video cannot be read, its prompt is too long) into a value, with a warning at the
 * first time that names the sample: one bad sample among many must not end a run.
 */
export const makeSkipped = () => {
  const named = new Set<string>()
  return ({ key }: Pick<TrainingItem, 'key'>) =>
    <A, R>(work: Effect.Effect<A, SampleError, R>): Effect.Effect<A | SampleError, never, R> =>
      Effect.catch(work, (error) => {
        if (named.has(key)) return Effect.succeed(error)
        named.add(key)
        return Effect.as(Effect.logWarning(`sample ${key} is left out: ${error.message}`), error)
      })
}
export type Skipped = ReturnType<typeof makeSkipped>
