import { rm, writeFile } from 'node:fs/promises'
import { availableParallelism, cpus, totalmem } from 'node:os'
import { join } from 'node:path'
import { Clock, DateTime, Effect, Layer } from 'effect'
import { InputError, type Sample } from '../../core/index.ts'
import {
  defaultWorldSettings,
  readTruth,
  type WorldSettings,
  writeWorld,
} from '../../datasets/shapes/index.ts'
import { type EngineOptions, engineLayer } from '../../engine/index.ts'
import { makeFolders } from '../../files/index.ts'
import { layerEmbedded } from '../../models/index.ts'
import packageJson from '../../package.json' with { type: 'json' }
import { runBra } from '../../pipelines/bra.ts'
import { runCurate } from '../../pipelines/curate.ts'
import { runDea } from '../../pipelines/dea.ts'
import { answer, runEval } from '../../pipelines/eval.ts'
import { runCurriculum } from '../../pipelines/train.ts'
import { trueSamples } from '../world.ts'
import { flaggedCases } from './cases.ts'
import { difficultyQuality, judgedSamples, reflectionQuality } from './measure.ts'
import { type DemoReport, demoPage, type Measured } from './report.ts'
import { readTrainingCurve } from './training-curve.ts'

/** Options of `spanwise demo`. With the defaults it takes under eight minutes on two cores. */
export interface DemoOptions {
  /** Folder of everything the demo writes; results of an earlier demo in it are removed. */
  readonly folder: string
  readonly engine: EngineOptions
  readonly seed: number
  readonly videos: number
  readonly validationVideos: number
  /** Samples that each training run may use. */
  readonly selected: number
  readonly steps: number
  readonly prompts: number
  readonly learningRate: number
}

export const demoDefaults = {
  seed: 1,
  videos: 120,
  validationVideos: 60,
  selected: 64,
  steps: 40,
  prompts: 16,
  learningRate: 1e-4,
} satisfies Omit<DemoOptions, 'folder' | 'engine'>

const file = <A>(path: string, work: () => Promise<A>) =>
  Effect.tryPromise({
    try: work,
    catch: (cause) =>
      new InputError({
        subject: path,
        problem: `cannot be written (${cause instanceof Error ? cause.message : String(cause)})`,
        remedy: 'choose another folder with --run',
      }),
  })

/** Greedy answers of the model in context on the validation queries, scored against the truth. */
const measure = Effect.fnUntraced(function* (
  name: string,
  samples: ReadonlyArray<Sample>,
  train: ReadonlyArray<Sample>,
  folders: { readonly videos: string; readonly root: string },
  seed: number,
) {
  const { predictions } = yield* answer(samples, folders)
  const { evaluation, prior } = yield* runEval({ suite: 'shapes', samples, train, seed }, name, predictions)
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
  return { model: row(name, evaluation), prior: row('prior only (no video)', prior) }
})

/**
 * `spanwise demo`: renders a world, runs both agents over it, curates, trains by curriculum GRPO and, as the control, by
 * the same GRPO on a random selection of the same size, and evaluates everything against the ground truth.
 */
export const runDemo = Effect.fn('Pipelines.runDemo')(function* (options: DemoOptions) {
  const { folder, engine, seed } = options
  const world = join(folder, 'world')
  const videos = join(world, 'videos')
  const run = join(folder, 'curation')
  const measured = { videos, root: join(folder, 'eval') }
  const model = engine.checkpoint
  const { checkpoint: _, ...engineSettings } = engine
  const phases: Array<DemoReport['phases'][number]> = []
  const timed = <A, E, R>(phase: string, work: Effect.Effect<A, E, R>) =>
    Effect.gen(function* () {
      const from = yield* Clock.currentTimeMillis
      const value = yield* work
      phases.push({ phase, seconds: ((yield* Clock.currentTimeMillis) - from) / 1000 })
      return value
    })
  const asking = (checkpoint: string) =>
    layerEmbedded(checkpoint).pipe(Layer.provideMerge(engineLayer({ ...engine, checkpoint })))

  yield* file(folder, async () => {
    await rm(folder, { recursive: true, force: true })
    makeFolders(folder)
  })
  const settings: WorldSettings = {
    ...defaultWorldSettings,
    seed,
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
  const base = yield* Effect.gen(function* () {
    yield* timed('boundary reflection', runBra({ ...source, settings: { scanSeconds: 2 } }))
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

  const trained = Effect.fnUntraced(function* (name: string, data: string, masked: boolean) {
    const at = join(folder, masked ? 'train-curriculum' : 'train-random')
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
          evaluateEvery: Math.ceil(options.steps / 2),
          ...(masked ? {} : { mask: { start: 0 } }),
        },
        validation: { samples: valid, videos },
      }).pipe(Effect.provide(engineLayer(engine))),
    )
    const { model: row } = yield* timed(
      `evaluate: ${name}`,
      measure(name, valid, train, measured, seed).pipe(Effect.provide(asking(outcome.model))),
    )
    return { row, curve: yield* readTrainingCurve(name, at) }
  })
  const curriculum = yield* trained('curriculum GRPO, curated', curated, true)
  const control = yield* trained('GRPO, random selection', random, false)

  const judged = yield* judgedSamples(run, truths)
  const report: DemoReport = {
    version: packageJson.version,
    created: DateTime.formatIso(yield* DateTime.now).slice(0, 16),
    seed,
    machine: `${availableParallelism()} cores of ${cpus()[0]?.model ?? 'an unknown processor'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}`,
    world: {
      videos: options.videos,
      samples: judged.length,
      partial: judged.filter(({ truth }) => truth.partial).length / Math.max(1, judged.length),
      validation: valid.length,
    },
    reflection: reflectionQuality(judged),
    difficulty: difficultyQuality(judged),
    curation: { decisions: curation.decisions, selected: curation.selected },
    measured: [base.prior, base.model, curriculum.row, control.row],
    curves: [curriculum.curve, control.curve],
    phases,
    cases: yield* flaggedCases(judged, videos, 12),
  }
  const html = join(folder, 'report.html')
  yield* file(folder, async () => {
    await writeFile(html, demoPage(report))
    const plain = { ...report, cases: report.cases.map(({ frames: _, ...one }) => one) }
    await writeFile(join(folder, 'report.json'), `${JSON.stringify(plain, null, 2)}\n`)
  })
  return { report, html }
})
