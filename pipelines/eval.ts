import { appendFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Effect } from 'effect'
import { InputError, Progress, type Sample } from '../core/index.ts'
import {
  type Baseline,
  baselinePredictions,
  defaultBootstrap,
  type Evaluation,
  errorByLength,
  evaluate,
  joinAnswers,
  lengthFigure,
  lookupRule,
  lookupSuite,
  markdown,
  readAnyPredictions,
  recallFigure,
  reportJson,
  valueLines,
} from '../eval/index.ts'
import { locate, makeFolders } from '../files/index.ts'
import { budgetOf, greedy, isOwnFault, replyPlan, samplingOf, VisionLanguageModel } from '../models/index.ts'
import {
  ask,
  type Prediction,
  type Predictions,
  predictionOf,
  questionOf,
  type Reader,
} from '../tasks/index.ts'
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

/** How a suite is answered; what is shown and how long replies may be is the model's profile's. */
export interface AnswerOptions {
  readonly videos: string
  /** Samples with the model at the same time, default 32. */
  readonly inFlight?: number
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

/**
 * Greedy answers of the model in context. A sample whose video cannot be read, or whose question the model does not take
 * (too long, filtered), has no prediction and counts as wrong; any other failure of the model ends the evaluation, for a
 * server that is away says nothing about a model.
 */
export const answer = Effect.fn('Pipelines.answer')(function* (
  samples: ReadonlyArray<Sample>,
  options: AnswerOptions,
) {
  const videos = yield* Videos
  const model = yield* VisionLanguageModel
  const { view } = model.profile
  const progress = yield* Progress
  const predictions = new Map<string, Prediction>()
  let done = 0
  let failed = 0
  yield* Effect.forEach(
    samples,
    Effect.fnUntraced(function* (sample) {
      const plan = replyPlan(model.profile, sample.task)
      const reply = yield* videos
        .clip(locate(options.videos, sample.file), samplingOf(view), budgetOf(view, view), model.media)
        .pipe(
          Effect.flatMap((clip) =>
            model.chat({
              messages: ask(clip, questionOf(sample, { dialect: model.profile.dialect, think: plan.ask })),
              sampling: greedy(plan.maxTokens),
              think: plan.reasons,
            }),
          ),
          Effect.map(([first]) => first!.text),
          Effect.catchTag('VideoError', () => Effect.succeed(null)),
          Effect.catchIf(
            (error) => error._tag === 'ModelError' && isOwnFault(error),
            (error) => Effect.as(Effect.logWarning(`sample ${sample.id}: ${error.message}`), null),
          ),
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
    { concurrency: options.inFlight ?? 32, discard: true },
  )
  return predictions
})

/** Grounded samples whose clip has no known duration: no rule can place a window in them. */
export const unplaced = (samples: ReadonlyArray<Sample>): number =>
  samples.filter(
    ({ task, duration }) => duration === null && (task === 'grounding' || task === 'grounded-qa'),
  ).length

/** One suite's scores of given predictions beside the prior-only row, and its files where a folder is named. */
export const runEval = Effect.fn('Pipelines.runEval')(function* (
  options: EvalOptions,
  name: string,
  predictions: Predictions,
) {
  const suite = yield* lookupSuite(options.suite)
  const rule = yield* lookupRule(suite, options.rule)
  const bootstrap = { ...defaultBootstrap, seed: options.seed }
  const evaluation = evaluate(suite, options.samples, predictions, { rule, bootstrap })
  const prior = evaluate(
    suite,
    options.samples,
    baselinePredictions('prior', options.samples, options.train, options.seed),
    { rule, bootstrap },
  )
  // Where durations are unknown no constant window can be placed, and a row of zeros would be no floor.
  const placed = unplaced(options.samples) === 0
  const rows = [
    { name, report: evaluation.report },
    ...(placed ? [{ name: 'prior only', report: prior.report }] : []),
  ] as const
  if (options.out !== undefined)
    yield* writeReport(options.out, options.samples, rows, evaluation, placed ? prior : null)
  return { evaluation, prior, placed, table: markdown(rows) }
})

const writeReport = (
  folder: string,
  samples: ReadonlyArray<Sample>,
  rows: Parameters<typeof markdown>[0],
  evaluation: Evaluation,
  prior: Evaluation | null,
) =>
  Effect.tryPromise({
    try: async () => {
      makeFolders(folder)
      const figures: Array<{ title: string; file: string; svg: string }> = []
      if (evaluation.ious !== null) {
        figures.push({
          title: 'Recall over threshold',
          file: 'recall.svg',
          svg: recallFigure([
            { name: rows[0].name, ious: evaluation.ious },
            ...(prior?.ious == null ? [] : [{ name: 'prior only', ious: prior.ious }]),
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
      await writeFile(join(folder, 'values.jsonl'), [...valueLines(evaluation), ''].join('\n'))
    },
    catch: unwritable(folder),
  })

/** Predictions of a file, or of a baseline that looks at no video. */
export const givenPredictions = (
  samples: ReadonlyArray<Sample>,
  train: ReadonlyArray<Sample>,
  from:
    | {
        readonly file: string
        readonly reader?: Reader
        /** File of the answers, where a benchmark keeps them apart from the windows (NExT-GQA). */
        readonly answers?: string
      }
    | { readonly baseline: Baseline; readonly seed: number },
): Effect.Effect<Predictions, InputError> =>
  Effect.gen(function* () {
    if (!('file' in from)) {
      const blind = unplaced(samples)
      if (blind > 0)
        return yield* new InputError({
          subject: `--baseline ${from.baseline}`,
          problem: `${blind} samples have no duration`,
          remedy: 'lay durations.json beside the annotations, or read a form that has durations',
        })
      return baselinePredictions(from.baseline, samples, train, from.seed)
    }
    const known = new Map(samples.map((sample) => [sample.id, sample]))
    const predictions = yield* readAnyPredictions(from.file, known, from.reader)
    if (from.answers === undefined) return predictions
    return joinAnswers(predictions, yield* readAnyPredictions(from.answers, known, from.reader))
  })
