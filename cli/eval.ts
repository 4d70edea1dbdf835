import { existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import { Console, Effect, Option } from 'effect'
import { Command, Flag } from 'effect/cli'
import { IncompleteError, InputError, type Sample } from '../core/index.ts'
import type { Cleaning } from '../datasets/index.ts'
import {
  baselines,
  endingCounts,
  lookupRule,
  lookupSuite,
  type ReplyTally,
  type Suite,
  suites,
} from '../eval/index.ts'
import { locate } from '../files/index.ts'
import { trueSamples } from '../lab/world.ts'
import { loadConfig } from '../pipelines/config.ts'
import { answerSeeking } from '../pipelines/eval/seek.ts'
import { answer, claimGiven, type Given, givenPredictions, runEval } from '../pipelines/eval.ts'
import { loadSource } from '../pipelines/source.ts'
import { readers, specOf } from '../tasks/index.ts'
import { backend, backendOf, inFlightOf, nameOf } from './backend.ts'
import { cacheOf, clipCache } from './clips.ts'
import { compareCommand } from './compare.ts'
import { placesOf } from './dataset.ts'
import { endingLine, refuseSeeking, seekFlags, seekOf } from './eval/seek.ts'
import { tableCommand } from './eval/table.ts'
import { cleaning, given, json, print, seed, source, whole } from './flags.ts'
import { ownNames } from './own-names.ts'
import { modelServices } from './services.ts'

const { policy: _, ...place } = source

const flags = {
  ...place,
  ...backend,
  ...clipCache,
  json,
  seed,
  cleaning,
  predictions: Flag.String('predictions').pipe(
    Flag.withDescription('score the predictions in this file instead of running a model'),
    Flag.optional,
  ),
  answers: Flag.String('answers').pipe(
    Flag.withDescription('with --predictions: a second file with the answers, as in NExT-GQA'),
    Flag.optional,
  ),
  baseline: Flag.Literals('baseline', baselines).pipe(
    Flag.withDescription('score a baseline that uses no video instead of a model'),
    Flag.optional,
  ),
  rule: Flag.String('rule').pipe(
    Flag.withDescription('scoring rule; by default the first of the suite'),
    Flag.optional,
  ),
  reader: Flag.Literals('reader', readers).pipe(
    Flag.withDescription(
      'how replies are parsed: lenient (default) accepts common variations, strict only the requested format, the others as published',
    ),
    Flag.withDefault('lenient'),
  ),
  ...seekFlags,
  limit: whole('limit', 'evaluate only the first N samples; all by default', 1),
  presentOnly: Flag.Boolean('present-only').pipe(
    Flag.withDescription('leave out samples whose video is missing, and report their number'),
    Flag.withDefault(false),
  ),
  out: Flag.String('out').pipe(
    Flag.withDescription(
      'folder for replies, report, figures and raw values; by default a separate one for each model and settings',
    ),
    Flag.optional,
  ),
}

/**
 * The samples of a suite's split; those of the shapes world with their ground truth. A row that cannot be read is
 * refused.
 */
const samplesOf = Effect.fnUntraced(function* (
  { dataset, tasks }: Suite,
  split: string,
  annotations: string,
  options: { readonly form?: string; readonly cleaning?: Cleaning },
) {
  const loaded = yield* loadSource({ dataset, split, annotations, policy: 'keep', strict: true, ...options })
  return {
    files: Object.fromEntries(loaded.files.map(({ path, sha256 }) => [basename(path), sha256])),
    samples:
      dataset === 'shapes'
        ? yield* trueSamples(annotations, split, tasks)
        : loaded.samples.filter(({ task }) => tasks.includes(task)),
  }
})

/** The ground truth that its task needs and a sample lacks; null where it has all. */
const lacking = (sample: Sample): 'window' | 'answer' | null => {
  const { grounded, answers } = specOf(sample)
  if (grounded && sample.windows === null) return 'window'
  return answers !== null && sample.answer === undefined ? 'answer' : null
}

/** Number of samples without a reply that are listed individually; report.json has all. */
const named = 20

const unansweredLines = (unanswered: ReplyTally['unanswered']): ReadonlyArray<string> => [
  ...unanswered
    .slice(0, named)
    .map(({ sample, file, outcome, reason }) => `  ${outcome}  ${sample}  ${file}  ${reason}`),
  ...(unanswered.length > named ? [`  and ${unanswered.length - named} more, all in report.json`] : []),
]

/** The split flag of a suite, with its own default. */
const splitOf = (name: string) =>
  Flag.String('split').pipe(
    Flag.withDescription(
      `split of the dataset, default ${Object.hasOwn(suites, name) ? suites[name]!.split : 'test'}`,
    ),
    Flag.optional,
  )

/** What a suite evaluates on, for the list of `eval --help`. */
const describe = (name: string): string => {
  const suite = Object.hasOwn(suites, name) ? suites[name]! : null
  if (suite === null) return `Your dataset ${name}, scored by the suite that the configuration names`
  const { dataset, split, tasks } = suite
  return dataset === 'jsonl'
    ? 'A file of samples of any tasks, each scored by the plain metrics of its task'
    : `The ${split} split of ${dataset}: ${tasks.join(', ')}`
}

const suiteCommand = (name: string) =>
  Command.make(
    name,
    { ...flags, split: splitOf(name) },
    Effect.fn(function* (input) {
      const config = yield* loadConfig()
      const suite = yield* lookupSuite(name)
      const { make, ...folders } = yield* placesOf(suite.dataset, input)
      yield* lookupRule(suite, Option.getOrUndefined(input.rule))
      const seek = seekOf(input)
      yield* refuseSeeking(suite, input)
      const chosen = yield* backendOf(config, input)
      yield* make
      const split = Option.getOrElse(input.split, () => suite.split)
      const options = given({ form: input.form, cleaning: input.cleaning })
      const { samples: every, files } = yield* samplesOf(suite, split, folders.annotations, options)
      const all = seek === null ? every : every.filter(({ task }) => task === 'choice')
      const blank = all.find((sample) => lacking(sample) !== null)
      if (blank !== undefined)
        return yield* new InputError({
          subject: `--split ${split}`,
          problem: `sample ${blank.id} has no annotated ${lacking(blank)}`,
          remedy: 'choose a split with labels, or remove such samples',
        })
      // A prior may look at a training split; where that cannot be read, it is fitted on what it is scored on.
      const { train, fitted } = yield* samplesOf(suite, suite.trainSplit, folders.annotations, options).pipe(
        Effect.map(({ samples }) => ({ train: samples, fitted: suite.trainSplit })),
        Effect.catchTag('InputError', () => Effect.succeed({ train: all, fitted: split })),
      )
      const found = input.presentOnly
        ? all.filter(({ file }) => existsSync(locate(folders.videos, file)))
        : all
      const samples = found.slice(
        0,
        Option.getOrElse(input.limit, () => found.length),
      )
      if (all.length === 0)
        return yield* new InputError({
          subject: folders.annotations,
          problem: `contains no sample of ${suite.tasks.join(' or ')} in split ${split}`,
          remedy: 'choose another --split or folder',
        })
      if (samples.length === 0)
        return yield* new InputError({
          subject: folders.videos,
          problem: `contains none of the ${all.length} samples' videos`,
          remedy: 'set --videos to the folder of the videos',
        })
      const place = { root: join(config.runs, 'eval', name), ...given({ out: input.out }) }
      const benchmark = { suite: name, split, files }
      const label = Option.isSome(input.predictions)
        ? basename(input.predictions.value)
        : Option.getOrElse(input.baseline, () => nameOf(chosen))
      const from: Given | null = Option.isSome(input.predictions)
        ? { file: input.predictions.value, reader: input.reader, ...given({ answers: input.answers }) }
        : Option.isSome(input.baseline)
          ? { baseline: input.baseline.value, seed: input.seed }
          : null
      const asked = {
        ...place,
        videos: folders.videos,
        benchmark,
        inFlight: inFlightOf(chosen),
        reader: input.reader,
      }
      const ask = Effect.gen(function* () {
        if (seek !== null) return yield* answerSeeking(samples, { ...asked, seek })
        return { ...(yield* answer(samples, asked)), uses: undefined }
      })
      const answered =
        from === null
          ? yield* ask.pipe(
              Effect.provide(modelServices(chosen, yield* cacheOf(input, join(config.runs, suite.dataset)))),
            )
          : {
              predictions: yield* givenPredictions('file' in from ? all : samples, train, from),
              folder: yield* claimGiven(place, from, benchmark),
              tally: undefined,
              uses: undefined,
            }
      const { folder, tally, uses } = answered
      const result = yield* runEval(
        {
          suite: name,
          samples,
          train,
          out: folder,
          seed: input.seed,
          ...given({ rule: input.rule }),
          ...(tally === undefined ? {} : { tally }),
          ...(uses === undefined ? {} : { uses }),
        },
        label,
        answered.predictions,
      )
      yield* print(
        input.json,
        {
          ...result.evaluation.report.metrics,
          ...result.json,
          ...(uses === undefined ? {} : { endings: endingCounts(uses) }),
          split,
          prior: result.placed ? result.prior.report.metrics : null,
          priorFittedOn: fitted,
          folder,
        },
        [
          result.table,
          result.placed
            ? `prior only: fitted on ${fitted}`
            : 'prior only: not shown, some samples have no duration',
          ...(uses === undefined ? [] : [endingLine(endingCounts(uses))]),
          ...(found.length < all.length ? [`${all.length - found.length} samples left out: no video`] : []),
          `report: ${join(folder, 'report.md')}`,
        ],
      )
      if (tally !== undefined && tally.unanswered.length > 0) {
        if (!input.json) yield* Console.error(unansweredLines(tally.unanswered).join('\n'))
        return yield* new IncompleteError({
          subject: `eval ${name}`,
          problem: `${tally.unanswered.length} of ${tally.samples} samples have no reply and count as wrong (${tally.unanswered[0]!.file} first)`,
          remedy: `the reasons are in ${join(folder, 'report.json')}; fix them and run again, or leave out missing videos with --present-only`,
        })
      }
    }),
  ).pipe(
    Command.withDescription(describe(name)),
    Command.withExamples([
      {
        command: `spanwise eval ${name} --annotations DIR --videos DIR --model Qwen/Qwen3-VL-2B-Instruct`,
        description: 'a model of the local Hugging Face cache',
      },
      { command: `spanwise eval ${name} --annotations DIR --baseline prior`, description: 'without a model' },
    ]),
  )

export const evaluation = Command.make('eval').pipe(
  Command.withDescription(
    'Evaluate a model, a file of predictions or a baseline on a benchmark, or on a dataset in the configuration that names a "suite"',
  ),
  Command.withSubcommands([
    ...[...Object.keys(suites), ...ownNames].map(suiteCommand),
    compareCommand,
    tableCommand,
  ]),
  Command.withExamples([
    { command: 'spanwise eval shapes', description: 'the included checkpoint on the synthetic dataset' },
    {
      command: 'spanwise eval charades --annotations DIR --predictions FILE.jsonl',
      description: 'score a file of predictions',
    },
  ]),
)
