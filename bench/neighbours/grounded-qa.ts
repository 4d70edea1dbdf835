/**
 * Does training on grounded questions raise Acc@GQA (right option, and windows with an IoU of at least 0.5)? Trains the
 * shipped checkpoint on the shapes world's grounded questions over several seeds and measures it on videos that no
 * training saw, beside the floor that sees no video: the prior's window and the first option. The scenes are hard ones
 * (`--grade`): those that pretraining leaves out, so that training has something to add.
 *
 *   node bench/neighbours/grounded-qa.ts [--checkpoint DIR] [--steps 40] [--sft-steps 150] [--seeds 3] [--arms sft,grpo] [--run DIR]
 *
 * Every training of a seed sees the same videos. Gains are paired over the questions: the interval is that of a bootstrap
 * over videos, of the mean over seeds. Finished trainings are kept in DIR and not run again.
 */
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { NodeRuntime, NodeServices } from '@effect/platform-node'
import { Clock, Effect, Layer } from 'effect'
import { displayLayer } from '../../cli/display.ts'
import { mean, quantiles, random, type Sample } from '../../core/index.ts'
import { defaultWorldSettings, writeWorld } from '../../datasets/shapes/index.ts'
import { engineLayer } from '../../engine/index.ts'
import { baselinePredictions, evaluate, lookupSuite } from '../../eval/index.ts'
import { writeJson, writeWhole } from '../../files/index.ts'
import { trueSamples } from '../../lab/world.ts'
import { layerEmbedded } from '../../models/index.ts'
import { answer } from '../../pipelines/eval.ts'
import { runCurriculum, runSft } from '../../pipelines/train.ts'
import type { Predictions } from '../../tasks/index.ts'
import { Videos } from '../../video/index.ts'

const { values } = parseArgs({
  options: {
    checkpoint: { type: 'string', default: 'checkpoints/shapes-base' },
    run: { type: 'string', default: 'runs/neighbours/grounded-qa' },
    grade: { type: 'string', default: 'hard' },
    videos: { type: 'string', default: '400' },
    validation: { type: 'string', default: '300' },
    steps: { type: 'string', default: '40' },
    prompts: { type: 'string', default: '16' },
    'learning-rate': { type: 'string', default: '5e-5' },
    'sft-steps': { type: 'string', default: '150' },
    'sft-rate': { type: 'string', default: '2e-4' },
    batch: { type: 'string', default: '32' },
    seeds: { type: 'string', default: '3' },
    arms: { type: 'string', default: 'sft,grpo' },
    threads: { type: 'string', default: String(availableParallelism()) },
  },
})
const [videos, validation, steps, prompts, learningRate, seeds, threads] = [
  ...[values.videos, values.validation, values.steps, values.prompts],
  ...[values['learning-rate'], values.seeds, values.threads],
].map(Number) as [number, number, number, number, number, number, number]
const engine = { checkpoint: values.checkpoint, device: 'cpu' as const, threads }
const asking = (checkpoint: string) =>
  layerEmbedded(checkpoint).pipe(Layer.provideMerge(engineLayer({ ...engine, checkpoint })))
const metrics = ['Acc@GQA', 'Acc@QA', 'GQA-mIoU'] as const

/** Scores of each validation question, in order, by metric. */
interface Result {
  readonly arm: string
  readonly seed: number
  readonly seconds: number
  readonly scores: { readonly [metric: string]: ReadonlyArray<number> }
}

/** The mean of some questions' scores over runs, in percent. */
const percent = (runs: ReadonlyArray<Result>, metric: string): number =>
  100 * mean(runs.map(({ scores }) => mean(scores[metric]!)))

/** The 95 % interval of the gain over the base, questions (one a video) drawn anew with replacement. */
const gainInterval = (base: Result, runs: ReadonlyArray<Result>, metric: string) => {
  const before = base.scores[metric]!
  const gains = before.map((score, i) => mean(runs.map(({ scores }) => scores[metric]![i]!)) - score)
  const draw = random('bootstrap', metric)
  const resamples = Array.from({ length: 2000 }, () =>
    mean(gains.map(() => gains[draw.int(0, gains.length - 1)]!)),
  )
  return quantiles(resamples, [0.025, 0.975]).map((gain) => 100 * gain)
}

const report = (base: Result, floor: Result, results: ReadonlyArray<Result>, world: string): string => {
  const row = (name: string, runs: ReadonlyArray<Result>) => {
    const [low, high] = name === 'base' || name.startsWith('floor') ? [] : gainInterval(base, runs, 'Acc@GQA')
    const gain =
      low === undefined
        ? '-'
        : `${(percent(runs, 'Acc@GQA') - percent([base], 'Acc@GQA')).toFixed(1)} [${low.toFixed(1)}, ${high!.toFixed(1)}]`
    const figures = metrics.map((metric) => percent(runs, metric).toFixed(1))
    const spread = runs.map(({ scores }) => (100 * mean(scores['Acc@GQA']!)).toFixed(1)).join(', ')
    return `| ${name} | ${runs.length} | ${figures.join(' | ')} | ${spread} | ${gain} | ${mean(runs.map(({ seconds }) => seconds)).toFixed(0)} |`
  }
  const arms = [...new Set(results.map(({ arm }) => arm))]
  return [
    world,
    '',
    '| arm | seeds | Acc@GQA | Acc@QA | GQA-mIoU | Acc@GQA of each seed | gain over base [95 %] | seconds of training |',
    '| --- | ---: | ---: | ---: | ---: | --- | --- | ---: |',
    row('floor: prior window, first option', [floor]),
    row('base', [base]),
    ...arms.map((arm) =>
      row(
        arm,
        results.filter((result) => result.arm === arm),
      ),
    ),
  ].join('\n')
}

const program = Effect.gen(function* () {
  const world = join(values.run, 'world')
  const folder = join(world, 'videos')
  yield* writeWorld(world, {
    ...defaultWorldSettings,
    seed: 13,
    grades: { easy: 0, medium: 0, hard: 0, [values.grade]: 1 },
    splits: [
      { split: 'train', videos },
      { split: 'valid', videos: validation },
    ],
  })
  const train = yield* trueSamples(world, 'train', ['grounded-qa'])
  const valid = yield* trueSamples(world, 'valid', ['grounded-qa'])
  const data = join(values.run, 'train.jsonl')
  yield* writeWhole(data, train.map((sample: Sample) => `${JSON.stringify(sample)}\n`).join(''))
  const suite = yield* lookupSuite('shapes')
  const scored = (predictions: Predictions) => {
    const { columns } = evaluate(suite, valid, predictions, { bootstrap: null })
    return Object.fromEntries(
      metrics.map((metric) => [
        metric,
        Array.from(columns.find((column) => column.metric === metric)?.values ?? []),
      ]),
    )
  }
  const measure = (checkpoint: string) =>
    answer(valid, { videos: folder, root: join(values.run, 'eval') }).pipe(
      Effect.map(({ predictions }) => scored(predictions)),
      Effect.provide(asking(checkpoint)),
    )
  const kept = Effect.fnUntraced(function* <E, R>(
    arm: string,
    seed: number,
    work: Effect.Effect<Result, E, R>,
  ) {
    const file = join(values.run, 'results', `${arm}-${seed}.json`)
    if (existsSync(file)) return JSON.parse(yield* Effect.promise(() => readFile(file, 'utf8'))) as Result
    const result = yield* work
    yield* writeJson(file, result)
    return result
  })
  const base = yield* kept(
    'base',
    0,
    Effect.map(measure(values.checkpoint), (scores) => ({ arm: 'base', seed: 0, seconds: 0, scores })),
  )
  const floor: Result = {
    ...{ arm: 'floor', seed: 0, seconds: 0 },
    scores: scored(baselinePredictions('prior', valid, train)),
  }
  const results: Array<Result> = []
  for (let seed = 1; seed <= seeds; seed++)
    for (const arm of values.arms.split(',')) {
      const options = {
        ...{ model: values.checkpoint, data, videos: folder },
        run: join(values.run, 'train', `${arm}-${seed}`),
        settings: {
          ...{ seed, steps: arm === 'sft' ? Number(values['sft-steps']) : steps, checkpointEvery: 0 },
          ...(arm === 'sft'
            ? { batch: Number(values.batch), learningRate: Number(values['sft-rate']) }
            : { prompts, learningRate }),
        },
      }
      results.push(
        yield* kept(
          arm,
          seed,
          Effect.gen(function* () {
            const from = yield* Clock.currentTimeMillis
            const outcome = yield* (arm === 'sft' ? runSft(options) : runCurriculum(options)).pipe(
              Effect.provide(engineLayer(engine)),
            )
            const seconds = ((yield* Clock.currentTimeMillis) - from) / 1000
            return { arm, seed, seconds, scores: yield* measure(outcome.model) }
          }),
        ),
      )
    }
  console.log(
    report(
      ...([base, floor, results] as const),
      `${train.length} training questions, ${valid.length} validation questions, all of grade ${values.grade}; grpo: ${steps} steps of ${prompts} prompts x 8 rollouts at ${values['learning-rate']}; sft: ${values['sft-steps']} steps of ${values.batch} answers at ${values['sft-rate']}; ${threads} threads.`,
    ),
  )
})

program.pipe(
  Effect.provide(Layer.mergeAll(Videos.layer({ workers: threads }), displayLayer, NodeServices.layer)),
  NodeRuntime.runMain,
)
