import { join } from 'node:path'
import { Effect } from 'effect'
import { type Sample, Windows } from '../../core/index.ts'
import {
  defaultWorldSettings,
  readTruth,
  type WorldSettings,
  writeWorld,
} from '../../datasets/shapes/index.ts'
import { engineLayer } from '../../engine/index.ts'
import { compare, defaultBootstrap } from '../../eval/index.ts'
import { checkpointName } from '../../models/index.ts'
import { runBra } from '../../pipelines/bra.ts'
import { runCurate } from '../../pipelines/curate.ts'
import { runDea } from '../../pipelines/dea.ts'
import { answer, runEval } from '../../pipelines/eval.ts'
import { runCurriculum } from '../../pipelines/train.ts'
import { readTrainingData } from '../../trainer/index.ts'
import { trueSamples } from '../world.ts'
import { flaggedCases } from './cases.ts'
import type { DemoReport, Difference, Measured } from './facts.ts'
import { difficultyQuality, judgedSamples, reflectionQuality } from './measure.ts'
import { demoBody, tables } from './report.ts'
import { openStage, sceneShares, writeDemo } from './stage.ts'
import type { DemoOptions, TaskDemo } from './task-demo.ts'
import { readTrainingCurve } from './training-curve.ts'

/** Boundary reflection at its best on hard scenes: see docs/claims.md for what it gains and costs. */
const thorough = { scanSeconds: 2, paddings: [0, 0.5], reference: true }

/** Greedy answers of the model in context on the validation queries, scored against the truth. */
const measure = Effect.fnUntraced(function* (
  name: string,
  samples: ReadonlyArray<Sample>,
  train: ReadonlyArray<Sample>,
  folders: { readonly videos: string; readonly root: string },
  seed: number,
) {
  const { predictions, folder } = yield* answer(samples, folders)
  const { evaluation, prior } = yield* runEval(
    { suite: 'shapes', samples, train, seed, out: folder },
    name,
    predictions,
  )
  const row = (label: string, { report }: typeof evaluation): Measured => ({
    name: label,
    miou: report.metrics.mIoU ?? 0,
    setIou: report.metrics.msIoU ?? Number.NaN,
    interval: report.intervals.mIoU ?? null,
    recall: report.metrics['R1@0.5'] ?? 0,
    parsed: report.parseRate,
    byGrade: Object.fromEntries(
      Object.entries(report.types).map(([grade, { metrics }]) => [grade, metrics.mIoU ?? 0]),
    ),
  })
  return { evaluation, model: row(name, evaluation), prior: row('prior only (no video)', prior) }
})

/**
 * `spanwise demo --task grounding`: renders a world, runs both agents over it, curates, trains by GRPO with the defaults
 * and, as the control, by the same GRPO on a random selection of the same size, and evaluates everything against the
 * ground truth.
 */
const runGroundingDemo = Effect.fn('Demo.grounding')(function* (options: DemoOptions) {
  const { folder, engine, seed } = options
  const world = join(folder, 'world')
  const videos = join(world, 'videos')
  const run = join(folder, 'curation')
  const measured = { videos, root: join(folder, 'eval') }
  const model = engine.checkpoint
  const { checkpoint: _, ...engineSettings } = engine
  const stage = yield* openStage(options)
  const { timed, asking } = stage
  const settings: WorldSettings = {
    ...defaultWorldSettings,
    seed,
    grades: sceneShares,
    splits: [
      { split: 'train', videos: options.videos },
      { split: 'valid', videos: options.validationVideos },
    ],
  }
  yield* timed('render the world', writeWorld(world, settings))
  const truths = yield* readTruth(world, 'train')
  const train = yield* trueSamples(world, 'train')
  const valid = yield* trueSamples(world, 'valid')

  const source = { dataset: 'shapes', split: 'train', annotations: world, videos, run, inFlight: 32 }
  yield* timed('boundary reflection', runBra({ ...source, settings: thorough })).pipe(
    Effect.provide(asking(options.judge)),
  )
  const base = yield* Effect.gen(function* () {
    yield* timed('difficulty estimation', runDea(source))
    return yield* timed('evaluate the base', measure('base', valid, train, measured, seed))
  }).pipe(Effect.provide(asking(model)))

  const curated = join(run, 'curated')
  const random = join(run, 'random')
  const evaluation = [{ dataset: 'shapes', split: 'valid', annotations: world }]
  const curation = yield* timed(
    'curate',
    runCurate({
      ...{ run, out: curated, evaluation, replace: true },
      selection: { count: options.selected, seed },
    }),
  )
  yield* runCurate({
    run,
    out: random,
    replace: true,
    act: { action: 'keep' },
    selection: { method: 'random', count: curation.selected, seed },
    evaluation,
  })

  const trained = Effect.fnUntraced(function* (name: string, data: string, at: string) {
    const outcome = yield* timed(
      `train: ${name}`,
      runCurriculum({
        model,
        engine: engineSettings,
        data,
        videos,
        run: at,
        settings: {
          seed,
          steps: options.steps,
          prompts: options.prompts,
          learningRate: options.learningRate,
          checkpointEvery: 0,
          logPrompts: options.prompts,
          evaluateEvery: Math.ceil(options.steps / 2),
        },
        validation: { samples: valid, videos },
      }).pipe(Effect.provide(engineLayer(engine))),
    )
    const { model: row, evaluation } = yield* timed(
      `evaluate: ${name}`,
      measure(name, valid, train, measured, seed).pipe(Effect.provide(asking(outcome.model))),
    )
    return { row, evaluation, curve: yield* readTrainingCurve(name, at, truths) }
  })
  const curriculum = yield* trained('GRPO, curated', curated, join(folder, 'train-curriculum'))
  const control = yield* trained('GRPO, random selection', random, join(folder, 'train-random'))

  const judged = yield* judgedSamples(run, truths)
  const compared = compare(
    control.evaluation.columns,
    curriculum.evaluation.columns,
    valid.map(({ video }) => video),
    { ...defaultBootstrap, seed },
  )
  const difference = (metric: string): Difference => {
    const { difference: points, interval } = compared.find((one) => one.metric === metric)!
    return { points, interval }
  }
  const partialIn = Effect.fnUntraced(function* (data: string) {
    const { items } = yield* readTrainingData(data)
    const short = items.filter(({ sample }) => {
      const { windows } = truths.get(sample.id)!
      return Windows.coverage(sample.windows ?? []) < Windows.coverage(windows ?? []) - 0.01
    })
    return short.length / Math.max(1, items.length)
  })
  const spent = (...names: ReadonlyArray<string>) =>
    stage.phases
      .filter(({ phase }) => names.some((name) => phase.startsWith(name)))
      .reduce((sum, { seconds }) => sum + seconds, 0)
  const report: DemoReport = {
    ...stage.heading,
    world: {
      videos: options.videos,
      samples: judged.length,
      partial: judged.filter(({ truth }) => truth.partial).length / Math.max(1, judged.length),
      validation: valid.length,
    },
    judge: checkpointName(options.judge),
    reflection: reflectionQuality(judged),
    difficulty: difficultyQuality(judged),
    curation: { decisions: curation.decisions, selected: curation.selected },
    measured: [base.prior, base.model, curriculum.row, control.row],
    curves: [curriculum.curve, control.curve],
    contest: {
      miou: difference('mIoU'),
      setIou: difference('msIoU'),
      partial: { curated: yield* partialIn(curated), random: yield* partialIn(random) },
      seconds: {
        curation: spent('boundary reflection', 'difficulty estimation', 'curate'),
        training: spent('train: ') / 2,
      },
    },
    phases: stage.phases,
    cases: yield* flaggedCases(judged, videos, 12),
  }
  const plain = { ...report, cases: report.cases.map(({ frames: _, ...one }) => one) }
  const html = yield* writeDemo(folder, { title: 'Spanwise demo', body: demoBody(report), report: plain })
  const { agents, models, phases } = tables(report)
  const { cases: _cases, ...figures } = plain
  return { report: figures, tables: [agents, models, phases], html }
}, Effect.scoped)

/** Curation and curriculum GRPO on grounding; about two minutes on two cores. */
export const groundingDemo: TaskDemo = {
  about: 'curate annotations with both agents, then curriculum GRPO',
  defaults: {
    videos: 120,
    validationVideos: 60,
    selected: 64,
    steps: 24,
    prompts: 16,
    learningRate: 1e-4,
  },
  run: runGroundingDemo,
}
