import { join } from 'node:path'
import { Effect } from 'effect'
import { z } from 'zod'
import type { Sample } from '../../core/index.ts'
import { cutOf } from '../../curriculum/index.ts'
import { mostRepetitions, ticksPerSecond } from '../../datasets/shapes/index.ts'
import { type EngineOptions, engineLayer } from '../../engine/index.ts'
import { readRows } from '../../files/index.ts'
import { runCurriculum, runSft } from '../../pipelines/train.ts'
import { cycleSeconds, listedRepetitions, type Predictions, splitThoughts } from '../../tasks/index.ts'
import {
  majorityCount,
  makeCountingWorld,
  measureCounts,
  replyTokens,
  teachCounts,
} from '../counting/study.ts'
import { type CountCase, type CountReport, countBody, countTables, measuredOf } from './counting-report.ts'
import { openStage, sceneShares, writeDemo } from './stage.ts'
import type { DemoOptions, TaskDemo } from './task-demo.ts'

/** Each supervised fine-tuning. */
const sft = { batch: 16, learningRate: 2e-4 } as const

const stepRow = z.object({
  step: z.int(),
  reward: z.number(),
  thought: z.object({ tokens: z.number() }),
  tasks: z.object({ counting: z.object({ solved: z.number() }) }),
})
const drawnRow = z.object({ sample: z.string() })

/** How often each count from 1 to the most occurs, as shares; others are left out. */
const sharesOf = (counts: ReadonlyArray<number>): ReadonlyArray<number> =>
  Array.from(
    { length: mostRepetitions },
    (_, index) => counts.filter((count) => count === index + 1).length / Math.max(1, counts.length),
  )

const answersOf = (predictions: Predictions): ReadonlyArray<number> =>
  [...predictions.values()].flatMap(({ answer }) => (answer == null ? [] : [Number(answer)]))

/** The count that a drawn prompt asks for: of a whole clip, or of some repetitions out of one. */
const drawnCount = (name: string, counts: ReadonlyMap<string, number>): number => {
  const cut = cutOf(name)?.cut
  return cut === undefined ? (counts.get(name) ?? 0) : cut.last - cut.first + 1
}

const caseOf = (sample: Sample, predictions: Predictions): CountCase => {
  const prediction = predictions.get(sample.id)
  const { thoughts } = splitThoughts({ text: prediction?.text ?? '' })
  return {
    sample: sample.id,
    question: sample.query,
    duration: sample.duration!,
    truth: cycleSeconds(sample, ticksPerSecond) ?? [],
    listed: listedRepetitions(thoughts ?? '').flatMap(({ window }) => (window === null ? [] : [window])),
    answered: prediction?.answer ?? null,
  }
}

/**
 * `spanwise demo --task counting`: renders a world of repetitions, writes chains of thought, teaches them, trains by
 * GRPO on prompts drawn by count, and compares with teaching the counts alone.
 */
const runCountingDemo = Effect.fn('Demo.counting')(function* (options: DemoOptions) {
  const { folder, engine, seed } = options
  const { checkpoint: model, ...engineSettings } = engine
  const stage = yield* openStage(options)
  const { timed } = stage
  const world = yield* timed(
    'render the world',
    makeCountingWorld(join(folder, 'world'), {
      ...{ seed, train: options.videos, valid: options.validationVideos },
      grades: sceneShares,
    }),
  )
  const { videos, train, valid } = world
  const at = { videos, root: join(folder, 'eval') }
  const measured = (name: string, checkpoint: string, think: boolean) =>
    timed(`evaluate: ${name}`, measureCounts({ ...engine, checkpoint }, valid, at, think))
  const training = (checkpoint: string): EngineOptions => ({ ...engine, checkpoint })

  const { records } = yield* timed(
    'write chains of thought',
    teachCounts(world, join(folder, 'cot'), seed, 1 / 3),
  )
  const data = records!.out
  const common = { data, videos, engine: engineSettings, limit: options.selected }
  const tuned = (name: string, thoughts: boolean) =>
    timed(
      `train: ${name}`,
      runSft({
        ...{ ...common, model, run: join(folder, thoughts ? 'sft-thoughts' : 'sft-counts') },
        settings: { seed, steps: options.sftSteps ?? 40, ...sft, checkpointEvery: 0, thoughts },
      }).pipe(Effect.provide(engineLayer(training(model)))),
    )
  const before = yield* measured('base', model, false)
  const unaided = yield* measured('base, with thoughts', model, true)
  const direct = yield* tuned('SFT on counts', false)
  const directly = yield* measured('SFT on counts', direct.model, false)
  const taught = yield* tuned('SFT on thoughts', true)
  const thinking = yield* measured('SFT on thoughts', taught.model, true)
  const run = join(folder, 'grpo')
  const rewarded = yield* timed(
    'train: GRPO, prompts drawn by count',
    runCurriculum({
      ...{ ...common, model: taught.model, run },
      profile: { think: 'on', maxTokens: replyTokens },
      settings: {
        ...{ seed, steps: options.steps, prompts: options.prompts, learningRate: options.learningRate },
        ...{ order: 'random-count', counts: { edges: [0, 3, 6, 9], subclips: 0 }, checkpointEvery: 0 },
        ...{
          rewards: { count_hybrid: 1, count_format: 0.5, count_interval: 0.5 },
          logPrompts: options.prompts,
        },
      },
    }).pipe(Effect.provide(engineLayer(training(taught.model)))),
  )
  const after = yield* measured('GRPO', rewarded.model, true)

  const curve = yield* readRows(join(run, 'metrics.jsonl'), stepRow)
  const drawn = yield* readRows(join(run, 'rollouts.jsonl'), drawnRow)
  const truths = (samples: ReadonlyArray<Sample>) => samples.map(({ answer }) => Number(answer))
  const byName = new Map(train.map((sample) => [`shapes/train/${sample.id}`, Number(sample.answer)]))
  const report: CountReport = {
    ...stage.heading,
    world: { videos: train.length, validation: valid.length },
    records: { tries: records!.tries, records: records!.records, dropped: records!.dropped },
    counts: {
      training: sharesOf(truths(train)),
      drawn: sharesOf(drawn.map(({ sample }) => drawnCount(sample, byName))),
      truth: sharesOf(truths(valid)),
      before: sharesOf(answersOf(before.predictions)),
      answered: sharesOf(answersOf(after.predictions)),
    },
    measured: [
      measuredOf('majority count (no video)', majorityCount(train, valid)),
      measuredOf('base', before),
      measuredOf('base, with thoughts', unaided),
      measuredOf('SFT on counts', directly),
      measuredOf('SFT on thoughts', thinking),
      measuredOf('SFT on thoughts, then GRPO drawn by count', after),
    ],
    curve: curve.map(({ step, reward, thought, tasks }) => ({
      ...{ step, reward, solved: tasks.counting.solved, thought: thought.tokens },
    })),
    cases: valid.slice(0, 12).map((sample) => caseOf(sample, after.predictions)),
    phases: stage.phases,
  }
  const html = yield* writeDemo(folder, {
    title: 'Spanwise demo: repetition counting',
    body: countBody(report),
    report,
  })
  const { models, records: tries, phases } = countTables(report)
  return { report, tables: [models, tries, phases], html }
}, Effect.scoped)

/** Chains of thought, Random Count Sampling and count rewards; under four minutes on two cores. */
export const countingDemo: TaskDemo = {
  about: 'count repetitions: written chains of thought, then GRPO on prompts drawn by count',
  defaults: {
    videos: 200,
    validationVideos: 72,
    selected: 200,
    steps: 12,
    prompts: 8,
    learningRate: 5e-5,
  },
  run: runCountingDemo,
}
