import { appendFile, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Effect } from 'effect'
import { ask, questionOf } from '../agents/index.ts'
import { InputError, Progress, type Sample } from '../core/index.ts'
import {
  type Baseline,
  baselinePredictions,
  type Evaluation,
  errorByLength,
  evaluate,
  lengthFigure,
  lookupRule,
  lookupSuite,
  markdown,
  type Prediction,
  type Predictions,
  predictionOf,
  type Reader,
  readAnyPredictions,
  recallFigure,
  reportJson,
  valueLines,
} from '../eval/index.ts'
import { greedy, VisionLanguageModel } from '../models/index.ts'
import { Videos } from '../video/index.ts'

/** Options of `spanwise eval SUITE`. */
export interface EvalOptions {
  readonly suite: string
  readonly samples: ReadonlyArray<Sample>
  /** What the prior-only row is fitted on; the samples themselves where no training split is at hand. */
  readonly train: ReadonlyArray<Sample>
  readonly rule?: string
  /** Folder of the report; nothing is written without one. */
  readonly out?: string
  readonly seed: number
  /** How raw outputs are read. */
  readonly reader?: Reader
}

/** How a model looks at the videos of a suite. */
export interface AnswerOptions {
  readonly videos: string
  readonly fps: number
  readonly frames: number
  readonly maxPixels: number
  readonly maxTokens: number
  /** Each answer is appended here as it comes, before anything is scored. */
  readonly log?: string
  readonly reader?: Reader
}

const unwritable = (file: string) => (cause: unknown) =>
  new InputError({
    subject: file,
    problem: `cannot be written (${cause instanceof Error ? cause.message : String(cause)})`,
    remedy: 'choose a folder that can be written',
  })

/** Greedy answers of the model in context. A sample whose video cannot be read has no prediction and counts as wrong. */
export const answer = Effect.fn('Pipelines.answer')(function* (
  samples: ReadonlyArray<Sample>,
  options: AnswerOptions,
) {
  const videos = yield* Videos
  const model = yield* VisionLanguageModel
  const progress = yield* Progress
  const predictions = new Map<string, Prediction>()
  let done = 0
  let failed = 0
  yield* Effect.forEach(
    samples,
    Effect.fnUntraced(function* (sample) {
      const reply = yield* videos
        .clip(
          join(options.videos, sample.file),
          { kind: 'rate', fps: options.fps, max: options.frames },
          { maxPixels: options.maxPixels, factor: model.frameFactor },
        )
        .pipe(
          Effect.flatMap((clip) =>
            model.chat({ messages: ask(clip, questionOf(sample)), sampling: greedy(options.maxTokens) }),
          ),
          Effect.map(([first]) => first!.text),
          Effect.catchTag('VideoError', () => Effect.succeed(null)),
        )
      if (reply === null) failed++
      else {
        const prediction = predictionOf(sample, reply, options.reader)
        predictions.set(sample.id, prediction)
        if (options.log !== undefined) {
          const file = options.log
          yield* Effect.tryPromise({
            try: () => appendFile(file, `${JSON.stringify(prediction)}\n`),
            catch: unwritable(file),
          })
        }
      }
      done++
      yield* progress.report({ label: 'answering', done, total: samples.length, failed })
    }),
    { concurrency: 32, discard: true },
  )
  return predictions
})

/** One suite's scores of given predictions beside the prior-only row, and its files where a folder is named. */
export const runEval = Effect.fn('Pipelines.runEval')(function* (
  options: EvalOptions,
  name: string,
  predictions: Predictions,
) {
  const suite = yield* lookupSuite(options.suite)
  const rule = yield* lookupRule(suite, options.rule)
  const evaluation = evaluate(suite, options.samples, predictions, { rule })
  const prior = evaluate(
    suite,
    options.samples,
    baselinePredictions('prior', options.samples, options.train, options.seed),
    { rule },
  )
  const rows = [
    { name, report: evaluation.report },
    { name: 'prior only', report: prior.report },
  ] as const
  if (options.out !== undefined) yield* writeReport(options.out, options.samples, rows, evaluation, prior)
  return { evaluation, prior, table: markdown(rows) }
})

const writeReport = (
  folder: string,
  samples: ReadonlyArray<Sample>,
  rows: Parameters<typeof markdown>[0],
  evaluation: Evaluation,
  prior: Evaluation,
) =>
  Effect.tryPromise({
    try: async () => {
      await mkdir(folder, { recursive: true })
      const figures: Array<{ title: string; file: string; svg: string }> = []
      if (evaluation.ious !== null && prior.ious !== null) {
        figures.push({
          title: 'Recall over threshold',
          file: 'recall.svg',
          svg: recallFigure([
            { name: rows[0].name, ious: evaluation.ious },
            { name: 'prior only', ious: prior.ious },
          ]),
        })
        figures.push({
          title: 'Error by window length',
          file: 'length.svg',
          svg: lengthFigure(errorByLength(samples, evaluation.ious)),
        })
      }
      for (const { file, svg } of figures) await writeFile(join(folder, file), svg)
      await writeFile(
        join(folder, 'report.json'),
        `${JSON.stringify(reportJson(evaluation.report), null, 2)}\n`,
      )
      await writeFile(join(folder, 'report.md'), markdown(rows, figures))
      await writeFile(join(folder, 'values.jsonl'), valueLines(evaluation))
    },
    catch: unwritable(folder),
  })

/** Predictions of a file, or of a baseline that looks at no video. */
export const givenPredictions = (
  samples: ReadonlyArray<Sample>,
  train: ReadonlyArray<Sample>,
  from:
    | { readonly file: string; readonly reader?: Reader }
    | { readonly baseline: Baseline; readonly seed: number },
): Effect.Effect<Predictions, InputError> =>
  'file' in from
    ? readAnyPredictions(from.file, new Map(samples.map((sample) => [sample.id, sample])), from.reader)
    : Effect.succeed(baselinePredictions(from.baseline, samples, train, from.seed))
