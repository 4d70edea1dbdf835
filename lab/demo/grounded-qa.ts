import { join } from 'node:path'
import { Effect } from 'effect'
import { random, type Sample } from '../../core/index.ts'
import { defaultWorldSettings, writeWorld } from '../../datasets/shapes/index.ts'
import { engineLayer } from '../../engine/index.ts'
import { compare } from '../../eval/index.ts'
import { writeWhole } from '../../files/index.ts'
import { runBra } from '../../pipelines/bra.ts'
import { runCurate } from '../../pipelines/curate.ts'
import { runDea } from '../../pipelines/dea.ts'
import { answer, runEval } from '../../pipelines/eval.ts'
import { runCurriculum } from '../../pipelines/train.ts'
import { trueSamples } from '../world.ts'
import { judgedQuestions, reflectionOf } from './grounded-qa-measure.ts'
import { type GroundedQaReport, groundedQaBody, groundedQaTables } from './grounded-qa-report.ts'
import { openStage, sceneShares, writeDemo } from './stage.ts'
import type { DemoOptions, TaskDemo } from './task-demo.ts'
import { readMetrics } from './training-curve.ts'

/**
 * Questions whose annotation leaves out one of several moments that show the answer: half of those with several, so that
 * boundary reflection has something to find and something to leave alone.
 */
export const hideEvidence = (samples: ReadonlyArray<Sample>, seed: number) => {
  const several = samples.filter(({ windows }) => (windows?.length ?? 0) > 1)
  const hidden = new Set(
    random('hide evidence', seed)
      .shuffle(several)
      .slice(0, several.length >> 1)
      .map(({ id }) => id),
  )
  const shown = samples.map((sample): Sample => {
    if (!hidden.has(sample.id)) return sample
    const left = random('hide evidence', seed, sample.id).int(0, sample.windows!.length - 1)
    return { ...sample, windows: sample.windows!.filter((_, index) => index !== left) }
  })
  return { samples: shown, hidden: hidden as ReadonlySet<string> }
}

const runGroundedQaDemo = Effect.fn('Demo.groundedQa')(function* (options: DemoOptions) {
  const { folder, engine, seed } = options
  const world = join(folder, 'world')
  const videos = join(world, 'videos')
  const run = join(folder, 'curation')
  const questions = join(folder, 'questions')
  const model = engine.checkpoint
  const { checkpoint: _, ...engineSettings } = engine
  const stage = yield* openStage(options)
  const { timed, asking } = stage
  yield* timed(
    'render the world',
    writeWorld(world, {
      ...defaultWorldSettings,
      seed,
      grades: sceneShares,
      splits: [
        { split: 'train', videos: options.videos },
        { split: 'valid', videos: options.validationVideos },
      ],
    }),
  )
  const truth = yield* trueSamples(world, 'train', ['grounded-qa'])
  const valid = yield* trueSamples(world, 'valid', ['grounded-qa'])
  const { samples: annotated, hidden } = hideEvidence(truth, seed)
  yield* writeWhole(
    join(questions, 'train.grounded-qa.jsonl'),
    annotated
      .map(({ dataset: _dataset, split: _split, meta: _meta, ...row }) => `${JSON.stringify(row)}\n`)
      .join(''),
  )

  const measure = Effect.fnUntraced(function* (name: string) {
    const { predictions } = yield* answer(valid, { videos, root: join(folder, 'eval') })
    return yield* runEval({ suite: 'shapes', samples: valid, train: truth, seed }, name, predictions)
  })
  const source = { dataset: 'shapes', split: 'train', annotations: questions, videos, run, inFlight: 32 }
  const base = yield* Effect.gen(function* () {
    yield* timed('boundary reflection', runBra({ ...source, settings: { scanSeconds: 2 } }))
    yield* timed('difficulty estimation', runDea(source))
    return yield* timed('evaluate the base', measure('base'))
  }).pipe(Effect.provide(asking(model)))
  const curated = join(run, 'curated')
  const curation = yield* timed(
    'curate',
    runCurate({ ...{ run, out: curated, replace: true }, selection: { count: options.selected, seed } }),
  )
  const at = join(folder, 'train')
  const outcome = yield* timed(
    'train: GRPO',
    runCurriculum({
      ...{ model, engine: engineSettings, data: curated, videos, run: at },
      settings: {
        seed,
        steps: options.steps,
        prompts: options.prompts,
        learningRate: options.learningRate,
        checkpointEvery: 0,
      },
    }).pipe(Effect.provide(engineLayer(engine))),
  )
  const trained = yield* timed(
    'evaluate: GRPO',
    measure('GRPO on grounded questions').pipe(Effect.provide(asking(outcome.model))),
  )
  const gains = compare(base.evaluation.columns, trained.evaluation.columns, base.evaluation.videos)
  const judged = yield* judgedQuestions(run, truth, hidden)
  const report: GroundedQaReport = {
    ...stage.heading,
    world: { videos: options.videos, questions: truth.length, hidden: hidden.size, validation: valid.length },
    reflection: reflectionOf(judged),
    judged,
    curation: { decisions: curation.decisions, selected: curation.selected },
    measured: [
      { name: 'prior windows, first option', report: base.prior.report },
      { name: 'base', report: base.evaluation.report },
      { name: 'GRPO on grounded questions', report: trained.evaluation.report },
    ].map(({ name, report: { metrics, intervals, parseRate } }) => ({
      name,
      parsed: parseRate,
      both: metrics['Acc@GQA']!,
      interval: intervals['Acc@GQA'] ?? null,
      answered: metrics['Acc@QA']!,
      grounded: metrics['GQA-mIoU']!,
    })),
    gain: gains
      .filter(({ metric }) => metric === 'Acc@GQA')
      .map(({ difference, interval }) => ({ difference, interval }))[0]!,
    steps: yield* readMetrics(at),
    phases: stage.phases,
  }
  const html = yield* writeDemo(folder, {
    title: 'Spanwise demo: grounded questions',
    body: groundedQaBody(report),
    report,
  })
  const { judged: _judged, ...figures } = report
  return { report: figures, tables: groundedQaTables(report), html }
}, Effect.scoped)

/** Curation and GRPO of multiple-choice questions with evidence; under four minutes on two cores. */
export const groundedQaDemo: TaskDemo = {
  about: 'questions whose answer must be shown: judge the annotations, then GRPO on option and windows',
  defaults: {
    videos: 160,
    validationVideos: 100,
    selected: 120,
    steps: 40,
    prompts: 12,
    learningRate: 5e-5,
  },
  run: runGroundedQaDemo,
}
