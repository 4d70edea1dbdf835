import { Effect, Semaphore } from 'effect'
import type { VideoError } from '../../core/index.ts'
import { draw, rescore, type Sampler, type SamplerState, startSampler } from '../../curriculum/index.ts'
import type { TrainingItem } from '../data.ts'

/** The prompts of one step. */
export interface StepDraw {
  /** Keys of the samples, in order; `draw/N` is the N-th. */
  readonly keys: ReadonlyArray<string>
  /** Samples that were drawn before them and whose videos could not be read. */
  readonly unreadable: ReadonlyArray<string>
  /** Pass over the data that the draw ends in, from 0. */
  readonly epoch: number
}

export interface DrawSource {
  readonly sampler: Sampler
  readonly perStep: number
  /** Mean IoU of the unmasked samples of a finished step, by key. */
  readonly scoresOf: (step: number) => Readonly<Record<string, number>>
  /** Draws of earlier starts, by step. */
  readonly recorded: ReadonlyMap<number, StepDraw>
  readonly record: (step: number, drawn: StepDraw) => void
  readonly item: (key: string) => TrainingItem
  /** Reads a sample's video. */
  readonly readable: (item: TrainingItem) => Effect.Effect<unknown, VideoError>
}

export interface Draws {
  /** What the curriculum draws for a step. The rewards of the steps before must be in. */
  readonly of: (step: number) => Effect.Effect<StepDraw, VideoError>
  /** What a later step will draw if no score changes the order: a guess, for reading ahead. */
  readonly guess: (step: number) => ReadonlyArray<string>
  /** The draw of a step that was already asked for. */
  readonly known: (step: number) => StepDraw | undefined
}

/**
 * Draws of the curriculum, step by step, as the embedded trainer makes them: the state after a step follows from the draws
 * and the scores of all steps before. A sample whose video cannot be read is replaced by the next one that is drawn, and
 * the replacement is recorded, so that a restarted service answers the same.
 */
export const makeDraws = Effect.fnUntraced(function* (source: DrawSource) {
  const { sampler, perStep } = source
  const known = new Map(source.recorded)
  let base: { readonly step: number; readonly state: SamplerState } = {
    step: 0,
    state: startSampler(sampler),
  }
  const lock = yield* Semaphore.make(1)

  const drawnBy = (state: SamplerState, { keys, unreadable }: StepDraw) =>
    draw(sampler, state, keys.length + unreadable.length).state

  /** The state before `step`, which is never earlier than at the last call; every draw before it must be known. */
  const stateBefore = (step: number): SamplerState => {
    for (let { step: at, state } = base; at < step; ) {
      state = rescore(drawnBy(state, known.get(at)!), source.scoresOf(at))
      at += 1
      base = { step: at, state }
    }
    return base.state
  }

  const make = Effect.fnUntraced(function* (step: number) {
    const before = stateBefore(step)
    const unreadable: Array<string> = []
    for (;;) {
      const { ids, state } = draw(sampler, before, perStep + unreadable.length)
      const keys = ids.filter((key) => !unreadable.includes(key))
      const broken = yield* Effect.forEach(
        keys,
        (key) =>
          source.readable(source.item(key)).pipe(
            Effect.as(null),
            Effect.catchTag('VideoError', (error) => Effect.succeed({ key, error })),
          ),
        { concurrency: 4 },
      ).pipe(Effect.map((all) => all.filter((entry) => entry !== null)))
      if (broken.length === 0) {
        const drawn: StepDraw = { keys, unreadable, epoch: state.epoch }
        return drawn
      }
      unreadable.push(...broken.map(({ key }) => key))
      if (unreadable.length + perStep > sampler.ids.length) return yield* broken[0]!.error
    }
  })

  const of = (step: number): Effect.Effect<StepDraw, VideoError> =>
    lock.withPermits(1)(
      Effect.gen(function* () {
        for (let at = known.size; at <= step; at++) {
          const drawn = yield* make(at)
          known.set(at, drawn)
          source.record(at, drawn)
        }
        return known.get(step)!
      }),
    )

  return {
    of,
    known: (step) => known.get(step),
    guess: (step) => {
      const drawn = known.get(step)
      if (drawn !== undefined) return drawn.keys
      const last = known.size
      let state = last === 0 ? base.state : drawnBy(stateBefore(last - 1), known.get(last - 1)!)
      let ids: ReadonlyArray<string> = []
      for (let at = last; at <= step; at++) {
        const next = draw(sampler, state, perStep)
        ids = next.ids
        state = next.state
      }
      return ids
    },
  } satisfies Draws as Draws
})
