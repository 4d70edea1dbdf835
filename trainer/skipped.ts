import { Effect } from 'effect'
import type { EngineError, InputError, VideoError } from '../core/index.ts'
import { draw, type Sampler, type SamplerState } from '../curriculum/index.ts'
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

/** What came of some drawn samples: nothing of them, where all are `unreadable`. */
interface Shown {
  readonly unreadable: ReadonlyArray<SampleError>
}

/** Samples in a row, and draws in a row, none of which can be shown, before a training fails. */
const patience = { samples: 64, draws: 4 }

/**
 * The next draw of which something can be shown, and what `make` makes of it. One whose samples can all not be shown is
 * passed over, as a step of one sample must not end a run either. Where many samples in a row cannot be shown (`patience`,
 * or twice all there are), no single one is the cause: this fails with the first reason.
 */
export const drawShown = Effect.fnUntraced(function* <B extends Shown, E, R>(
  sampler: Sampler,
  state: SamplerState,
  count: number,
  make: (ids: ReadonlyArray<string>) => Effect.Effect<B, E, R>,
) {
  const unreadable: Array<SampleError> = []
  const most = Math.min(2 * sampler.ids.length, Math.max(patience.samples, patience.draws * count))
  for (let before = state; ; ) {
    const drawn = draw(sampler, before, count)
    const batch = yield* make(drawn.ids)
    unreadable.push(...batch.unreadable)
    if (batch.unreadable.length < drawn.ids.length) return { drawn, batch: { ...batch, unreadable } }
    if (unreadable.length >= most) return yield* unreadable[0]!
    before = drawn.state
  }
})
