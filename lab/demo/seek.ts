import { join } from 'node:path'
import { Effect } from 'effect'
import { z } from 'zod'
import { showsEvidence } from '../../agents/index.ts'
import { letter, mean, type Sample } from '../../core/index.ts'
import { defaultWorldSettings, type WorldSettings, writeWorld } from '../../datasets/shapes/index.ts'
import { engineLayer } from '../../engine/index.ts'
import { endingCounts, evaluate, type SeekUses, shapesSuite } from '../../eval/index.ts'
import { readRows, writeWhole } from '../../files/index.ts'
import { answerSeeking } from '../../pipelines/eval/seek.ts'
import { answer, runEval } from '../../pipelines/eval.ts'
import { runCurriculum } from '../../pipelines/train.ts'
import type { Predictions } from '../../tasks/index.ts'
import { trueSamples } from '../world.ts'
import { seekCases } from './seek-cases.ts'
import { type SeekMeasured, type SeekReport, seekBody, seekTables } from './seek-report.ts'
import { openStage, sceneShares, writeDemo } from './stage.ts'
import type { DemoOptions, TaskDemo } from './task-demo.ts'

/** Frames of a round and rounds, as in Sparse-Video-R1; the small model rarely says right which frames to remove. */
const limits = { frames: 5, rounds: 5, start: 'random', requests: 'tolerant' } as const

/** Share of questions about which some frame showed the answer. */
const foundShare = (samples: ReadonlyArray<Sample>, uses: SeekUses): number =>
  mean(
    samples.map(({ id, windows }) => {
      const shown = uses.get(id)?.rounds.flatMap((round) => round.shown) ?? []
      return showsEvidence(shown, windows ?? []) ? 1 : 0
    }),
  )

const measuredOf = (
  name: string,
  { report }: Pick<ReturnType<typeof evaluate>, 'report'>,
  found: number | null = null,
): SeekMeasured => {
  const figure = (metric: string) => {
    const value = report.metrics[metric]
    return value === undefined || Number.isNaN(value) ? null : value
  }
  return {
    name,
    accuracy: report.metrics.choice ?? 0,
    interval: report.intervals.choice ?? null,
    ...{ rounds: figure('rounds'), frames: figure('frames') },
    ...{ tokens: figure('tokens'), seconds: figure('seconds') },
    found,
    parsed: report.parseRate,
  }
}

/** The same letter for every question: what can be scored without looking. */
const constantAnswer = (name: string, samples: ReadonlyArray<Sample>, chosen: string): SeekMeasured => {
  const predictions: Predictions = new Map(
    samples.map(({ id }) => [id, { id, windows: null, answer: chosen }] as const),
  )
  return measuredOf(name, evaluate(shapesSuite, samples, predictions))
}

const majorityLetter = (samples: ReadonlyArray<Sample>): string => {
  const counts = Array.from({ length: 26 }, (_, index) =>
    samples.reduce((sum, { answer }) => sum + (answer === letter(index) ? 1 : 0), 0),
  )
  return letter(counts.indexOf(Math.max(...counts)))
}

const step = z.object({
  step: z.int(),
  reward: z.number(),
  seek: z.object({ rounds: z.number(), frames: z.number() }),
})

/** Reward, rounds and frames of each step. */
const readCurve = Effect.fnUntraced(function* (run: string) {
  const rows = yield* readRows(join(run, 'metrics.jsonl'), step)
  return rows.map(({ seek, ...row }) => ({ ...row, ...seek }))
})

/**
 * `spanwise demo --task seek`: renders long videos, asks the base about them with one look and round by round, trains
 * whole conversations by GRPO, and shows which frames the model then picks.
 */
const runSeekDemo = Effect.fn('Demo.seek')(function* (options: DemoOptions) {
  const { folder, engine, seed } = options
  const world = join(folder, 'world')
  const videos = join(world, 'videos')
  const root = join(folder, 'eval')
  const { checkpoint: model, ...engineSettings } = engine
  const stage = yield* openStage(options)
  const { timed, asking } = stage
  const settings: WorldSettings = {
    ...defaultWorldSettings,
    grades: sceneShares,
    seed,
    splits: [
      { split: 'train', videos: 0, seeks: options.videos },
      { split: 'valid', videos: 0, seeks: options.validationVideos },
    ],
  }
  yield* timed('render the world', writeWorld(world, settings))
  const train = yield* trueSamples(world, 'train', ['choice'])
  const valid = yield* trueSamples(world, 'valid', ['choice'])
  const data = join(folder, 'train.jsonl')
  yield* writeWhole(
    data,
    train
      .slice(0, options.selected)
      .map((sample) => `${JSON.stringify(sample)}\n`)
      .join(''),
  )

  const scored = Effect.fnUntraced(function* (name: string, predictions: Predictions, uses?: SeekUses) {
    const from = { suite: 'shapes', samples: valid, train, seed, ...(uses === undefined ? {} : { uses }) }
    const found = uses === undefined ? null : foundShare(valid, uses)
    return measuredOf(name, (yield* runEval(from, name, predictions)).evaluation, found)
  })
  const sought = Effect.fnUntraced(function* (name: string, rounds: number) {
    const seek = { ...limits, rounds, seed }
    const { predictions, uses } = yield* answerSeeking(valid, { videos, root, seek })
    return { row: yield* scored(name, predictions, uses), uses }
  })
  const base = yield* Effect.gen(function* () {
    const one = yield* timed('base: one round', sought(`base, one round of ${limits.frames}`, 1))
    const clip = yield* timed('base: whole clip', answer(valid, { videos, root }))
    const whole = yield* scored('base, whole clip', clip.predictions)
    const seeking = yield* timed('base: seek', sought('base, seeking', limits.rounds))
    return [one.row, whole, seeking.row]
  }).pipe(Effect.provide(asking(model)))

  const run = join(folder, 'train')
  const trained = yield* timed(
    'train: GRPO on conversations',
    runCurriculum({
      ...{ model, engine: engineSettings, data, videos, run },
      settings: {
        ...{ seed, steps: options.steps, prompts: options.prompts, learningRate: options.learningRate },
        ...{ checkpointEvery: 0, seek: limits },
      },
    }).pipe(Effect.provide(engineLayer(engine))),
  )
  const after = yield* Effect.gen(function* () {
    const one = yield* timed('trained: one round', sought(`trained, one round of ${limits.frames}`, 1))
    const seeking = yield* timed('trained: seek', sought('trained, seeking', limits.rounds))
    return { one: one.row, seeking }
  }).pipe(Effect.provide(asking(trained.model)))

  const { uses } = after.seeking
  const report: SeekReport = {
    ...stage.heading,
    world: { videos: train.length, validation: valid.length },
    limits,
    measured: [
      constantAnswer('first option (no video)', valid, 'A'),
      constantAnswer('most frequent option (no video)', valid, majorityLetter(train)),
      ...base,
      after.one,
      after.seeking.row,
    ],
    curve: yield* readCurve(run),
    endings: endingCounts(uses),
    cases: yield* seekCases(valid, uses, videos, 12),
    phases: stage.phases,
  }
  const plain = { ...report, cases: report.cases.map(({ frames: _, ...one }) => one) }
  const html = yield* writeDemo(folder, {
    title: 'Spanwise demo: frame seeking',
    body: seekBody(report),
    report: plain,
  })
  const { models, endings, phases } = seekTables(report)
  return { report: plain, tables: [models, endings, phases], html }
}, Effect.scoped)

/** Frame seeking on long videos; under four minutes on two cores. */
export const seekDemo: TaskDemo = {
  about: 'ask for frames round by round, trained by GRPO on whole conversations',
  defaults: {
    videos: 96,
    validationVideos: 100,
    selected: 96,
    steps: 30,
    prompts: 8,
    learningRate: 5e-5,
  },
  run: runSeekDemo,
}
