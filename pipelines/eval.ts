import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { Effect } from 'effect'
import { InputError, type Sample } from '../core/index.ts'
import {
  type AnswerSettings,
  answerDefaults,
  answerer,
  type Baseline,
  baselinePredictions,
  byRule,
  claimEvaluation,
  defaultBootstrap,
  type EvaluationIdentity,
  evaluate,
  evaluationName,
  joinAnswers,
  lookupRule,
  lookupSuite,
  markdown,
  modelReplies,
  type ReplyTally,
  readAnyPredictions,
  readReplies,
  rowsJson,
  rulesJson,
  rulesTable,
  type SeekUses,
  withSeeking,
} from '../eval/index.ts'
import { locate, writeWhole } from '../files/index.ts'
import { recordVideos } from '../folds/index.ts'
import { VisionLanguageModel } from '../models/index.ts'
import { type Predictions, type Reader, specOf, unaskable } from '../tasks/index.ts'
import { writeReport } from './eval/report.ts'
import { announceSight, mediumOf } from './sight.ts'

/** Options of `spanwise eval SUITE`. */
export interface EvalOptions {
  readonly suite: string
  readonly samples: ReadonlyArray<Sample>
  /** The samples that the prior-only row is fitted on; the evaluated ones if there is no training split. */
  readonly train: ReadonlyArray<Sample>
  readonly rule?: string
  /** Folder of the report; without one nothing is written. */
  readonly out?: string
  readonly seed: number
  /** Outcomes of the requests, if a model was queried. */
  readonly tally?: ReplyTally
  /** What seeking frames took, if the model was asked in that way. */
  readonly uses?: SeekUses
}

/** Grounded samples whose clip has no known duration, for which no constant window exists. */
const unplaced = (samples: ReadonlyArray<Sample>): number =>
  samples.filter((sample) => sample.duration === null && specOf(sample).grounded).length

/** One suite's scores of predictions with the prior-only row, and its files if a folder is given. */
export const runEval = Effect.fn('Pipelines.runEval')(function* (
  options: EvalOptions,
  name: string,
  predictions: Predictions,
) {
  const suite = yield* lookupSuite(options.suite)
  const rule = yield* lookupRule(suite, options.rule)
  const bootstrap = { ...defaultBootstrap, seed: options.seed }
  const asked = options.uses === undefined ? suite : withSeeking(suite, options.uses)
  const evaluation = evaluate(asked, options.samples, predictions, { rule, bootstrap })
  const prior = evaluate(
    suite,
    options.samples,
    baselinePredictions('prior', options.samples, options.train, options.seed),
    { rule, bootstrap },
  )
  // With unknown durations there is no constant window, and a row of zeros would not be a baseline.
  const placed = unplaced(options.samples) === 0
  const { tally } = options
  const rows = [
    { name, report: evaluation.report, ...(tally === undefined ? {} : { tally }) },
    ...(placed ? [{ name: 'prior only', report: prior.report }] : []),
  ] as const
  const rules = byRule(asked, options.samples, predictions)
  const json = { ...rowsJson(rows), rules: rulesJson(rules) }
  const text = (figures: ReadonlyArray<{ readonly title: string; readonly file: string }>) =>
    markdown(rows, figures, rules.length > 1 ? rulesTable(rules) : '')
  if (options.out !== undefined)
    yield* writeReport(options.out, options.samples, name, { json, text }, evaluation, placed ? prior : null)
  return { evaluation, prior, placed, table: text([]), json }
})

/** The folder of an evaluation: the given one, or one below `root` that is unique to this identity. */
export interface EvalPlace {
  readonly root: string
  readonly out?: string
}

/** Claims the folder of an evaluation. */
export const claimPlace = Effect.fnUntraced(function* (
  { root, out }: EvalPlace,
  identity: EvaluationIdentity,
) {
  const folder = out ?? join(root, evaluationName(identity))
  yield* claimEvaluation(folder, identity)
  return folder
})

/** How a model is queried about the samples of a suite; its profile sets frames and reply length. */
export interface AnswerOptions extends EvalPlace {
  /** Folder of the videos. */
  readonly videos: string
  /** The benchmark; null if there is none. */
  readonly benchmark?: AnswerSettings['benchmark']
  readonly reader?: Reader
  /** Samples with the model at the same time, default 32. */
  readonly inFlight?: number
}

/**
 * Greedy answers of the model in context, stored sample by sample in the evaluation's folder and written to its
 * `predictions.jsonl`. A sample whose video cannot be read, or to which the model gives no answer, has none.
 */
export const answer = Effect.fn('Pipelines.answer')(function* (
  samples: ReadonlyArray<Sample>,
  options: AnswerOptions,
) {
  const { videos, inFlight = 32 } = options
  const [blind] = samples.filter((sample) => unaskable(sample) !== null)
  if (blind !== undefined)
    return yield* new InputError({
      subject: `sample ${blind.id} of ${blind.dataset}`,
      problem: unaskable(blind)!,
      remedy: 'use annotation files with the texts of the options, or score a file with --predictions',
    })
  const { identity: model, profile } = yield* VisionLanguageModel
  const settings = answerDefaults(profile, options.benchmark ?? null)
  const folder = yield* claimPlace(options, {
    model,
    prompt: answerer.promptVersion(settings),
    settings: { ...settings },
  })
  const [first] = samples
  if (first !== undefined)
    yield* announceSight({
      ...{ profile, medium: mediumOf(model), question: first.task },
      datasets: [...new Set(samples.map(({ dataset }) => dataset))],
      files: samples.slice(0, 100).map(({ file }) => locate(videos, file)),
      counted: samples.map((sample) => [sample, locate(videos, sample.file)] as const),
    })
  yield* recordVideos(folder, videos)
  const replies = yield* modelReplies({ folder, videos, settings, inFlight })(samples)
  const { predictions, tally } = readReplies(samples, replies, options.reader)
  const lines = [...predictions.values()].map((prediction) => `${JSON.stringify(prediction)}\n`)
  yield* writeWhole(join(folder, 'predictions.jsonl'), lines.join(''))
  return { folder, predictions, tally }
})

/** The source of predictions. */
export type Given =
  | {
      readonly file: string
      readonly reader?: Reader
      /** File of the answers, if a benchmark stores them separately from the windows (NExT-GQA). */
      readonly answers?: string
    }
  | { readonly baseline: Baseline; readonly seed: number }

/** Predictions of a file, or of a baseline that uses no video. */
export const givenPredictions = Effect.fn('Pipelines.givenPredictions')(function* (
  samples: ReadonlyArray<Sample>,
  train: ReadonlyArray<Sample>,
  from: Given,
): Effect.fn.Return<Predictions, InputError> {
  if (!('file' in from)) {
    const blind = unplaced(samples)
    if (blind > 0)
      return yield* new InputError({
        subject: `--baseline ${from.baseline}`,
        problem: `${blind} samples have no duration`,
        remedy: 'put durations.json into the annotations folder, or use --form to read files with durations',
      })
    return baselinePredictions(from.baseline, samples, train, from.seed)
  }
  const known = new Map(samples.map((sample) => [sample.id, sample]))
  const predictions = yield* readAnyPredictions(from.file, known, from.reader)
  if (from.answers === undefined) return predictions
  return joinAnswers(predictions, yield* readAnyPredictions(from.answers, known, from.reader))
})

const digest = (file: string): Effect.Effect<string, InputError> =>
  Effect.tryPromise({
    try: async () =>
      createHash('sha256')
        .update(await readFile(file))
        .digest('hex'),
    catch: () =>
      new InputError({ subject: file, problem: 'the file cannot be read', remedy: 'check the path' }),
  })

/** The folder of an evaluation of given predictions: unique to the file or baseline. */
export const claimGiven = Effect.fn('Pipelines.claimGiven')(function* (
  place: EvalPlace,
  from: Given,
  benchmark: AnswerSettings['benchmark'],
) {
  const files = 'file' in from ? [from.file, ...(from.answers === undefined ? [] : [from.answers])] : []
  const model =
    'file' in from
      ? {
          backend: 'predictions',
          model: basename(from.file),
          revision: (yield* Effect.forEach(files, digest)).join(' '),
        }
      : { backend: 'baseline', model: from.baseline, revision: String(from.seed) }
  return yield* claimPlace(place, { model, prompt: 'none', settings: { benchmark } })
})
