import { join } from 'node:path'
import { Effect, Layer } from 'effect'
import type { Sample } from '../../core/index.ts'
import { defaultWorldSettings, type WorldSettings, writeWorld } from '../../datasets/shapes/index.ts'
import { type EngineOptions, engineLayer } from '../../engine/index.ts'
import { evaluate, type Report, suites } from '../../eval/index.ts'
import { layerEmbedded } from '../../models/index.ts'
import { runCot } from '../../pipelines/cot.ts'
import { answer } from '../../pipelines/eval.ts'
import type { Predictions } from '../../tasks/index.ts'
import { trueSamples } from '../world.ts'
import { layerTeacher } from './teacher.ts'

/** Counts from here on are rare in the training videos, and as frequent as the others in the validation videos. */
export const rareFrom = 6

/** Most tokens of a reply: twelve repetitions take 170. */
export const replyTokens = 200

export interface CountingWorld {
  readonly folder: string
  readonly videos: string
  readonly train: ReadonlyArray<Sample>
  readonly valid: ReadonlyArray<Sample>
}

/** A world of repetitions: few of them in most training videos, any number in the validation videos. */
export const makeCountingWorld = Effect.fn('Counting.world')(function* (
  folder: string,
  {
    seed,
    train,
    valid,
    grades,
  }: {
    readonly seed: number
    readonly train: number
    readonly valid: number
    readonly grades: WorldSettings['grades']
  },
) {
  const settings: WorldSettings = {
    ...defaultWorldSettings,
    ...{ seed, grades },
    splits: [
      { split: 'train', videos: 0, repetitions: train, counts: 'skewed' },
      { split: 'valid', videos: 0, repetitions: valid },
    ],
  }
  yield* writeWorld(folder, settings)
  return {
    ...{ folder, videos: join(folder, 'videos') },
    train: yield* trueSamples(folder, 'train', ['counting']),
    valid: yield* trueSamples(folder, 'valid', ['counting']),
  } satisfies CountingWorld
})

/** Chains of thought about the training videos by the scripted teacher, through the reasoning writer. */
export const teachCounts = (world: CountingWorld, run: string, seed: number, mistakes: number) =>
  runCot({
    ...{ dataset: 'shapes', split: 'train', annotations: world.folder, videos: world.videos, run },
    settings: { truth: true, tries: 4, seed, maxTokens: replyTokens },
  }).pipe(Effect.provide(layerTeacher(seed, mistakes)))

/** The scores of counts on all samples and on the rare ones, and what was answered. */
export interface Counts {
  readonly all: Report
  readonly rare: Report
  readonly predictions: Predictions
}

const repcount = suites.repcount!

/** Scores of predictions, unparsed answers counting as wrong. */
const scoreCounts = (samples: ReadonlyArray<Sample>, predictions: Predictions): Counts => {
  const scored = (of: ReadonlyArray<Sample>) => evaluate(repcount, of, predictions).report
  return {
    all: scored(samples),
    rare: scored(samples.filter((sample) => Number(sample.answer) >= rareFrom)),
    predictions,
  }
}

/** The count that is right within one most often, for every video: what can be scored without looking. */
export const majorityCount = (train: ReadonlyArray<Sample>, samples: ReadonlyArray<Sample>): Counts => {
  const counts = train.map(({ answer: count }) => Number(count))
  const near = (guess: number) => counts.filter((count) => Math.abs(count - guess) <= 1).length
  const best = [...new Set(counts)].toSorted((a, b) => near(b) - near(a) || a - b)[0] ?? 0
  return scoreCounts(
    samples,
    new Map(samples.map(({ id }) => [id, { id, windows: null, answer: String(best) }] as const)),
  )
}

/** Greedy counts of a checkpoint on the samples, with thoughts or without. */
export const measureCounts = Effect.fn('Counting.measure')(function* (
  engine: EngineOptions,
  samples: ReadonlyArray<Sample>,
  at: { readonly videos: string; readonly root: string },
  think: boolean,
) {
  const overrides = think ? ({ think: 'on', maxTokens: replyTokens } as const) : {}
  const { predictions } = yield* answer(samples, at).pipe(
    Effect.provide(
      layerEmbedded(engine.checkpoint, { overrides }).pipe(Layer.provideMerge(engineLayer(engine))),
    ),
  )
  return scoreCounts(samples, predictions)
})
