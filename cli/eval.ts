import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { Effect, Option } from 'effect'
import { Command, Flag } from 'effect/cli'
import { InputError, type Sample } from '../core/index.ts'
import type { Cleaning } from '../datasets/index.ts'
import { baselines, lookupSuite, reportJson, type Suite, suites } from '../eval/index.ts'
import { locate, makeFolders } from '../files/index.ts'
import { trueSamples } from '../lab/world.ts'
import { loadConfig } from '../pipelines/config.ts'
import { answer, givenPredictions, runEval } from '../pipelines/eval.ts'
import { loadSource } from '../pipelines/source.ts'
import { readers } from '../tasks/index.ts'
import { backend, backendOf, inFlightOf, nameOf } from './backend.ts'
import { cacheOf, clipCache } from './clips.ts'
import { compareCommand } from './compare.ts'
import { cleaning, foldersOf, given, json, print, seed, source, whole } from './flags.ts'
import { modelServices } from './services.ts'

const { dataset: _, policy: __, ...place } = source

const flags = {
  ...place,
  ...backend,
  ...clipCache,
  json,
  seed,
  cleaning,
  predictions: Flag.String('predictions').pipe(
    Flag.withDescription('score this file instead of running a model'),
    Flag.optional,
  ),
  answers: Flag.String('answers').pipe(
    Flag.withDescription('beside --predictions: a second file with the answers, as NExT-GQA keeps them'),
    Flag.optional,
  ),
  baseline: Flag.Literals('baseline', baselines).pipe(
    Flag.withDescription('score a rule that looks at no video instead of a model'),
    Flag.optional,
  ),
  rule: Flag.String('rule').pipe(Flag.withDescription('whose rule the scores follow'), Flag.optional),
  reader: Flag.Literals('reader', readers).pipe(
    Flag.withDescription('whose reading of raw outputs is used'),
    Flag.withDefault('strict'),
  ),
  limit: whole('limit', 'only so many samples', 1),
  presentOnly: Flag.Boolean('present-only').pipe(
    Flag.withDescription('leave out samples whose video is not there, and say how many'),
    Flag.withDefault(false),
  ),
  out: Flag.String('out').pipe(
    Flag.withDescription('folder of the report, figures and raw values'),
    Flag.optional,
  ),
}

/** The samples of a suite's split; those of the shapes world with their truth. A row that cannot be read is refused. */
const samplesOf = Effect.fnUntraced(function* (
  { dataset, tasks }: Suite,
  split: string,
  annotations: string,
  options: { readonly form?: string; readonly cleaning?: Cleaning },
) {
  if (dataset === 'shapes') return yield* trueSamples(annotations, split, tasks)
  const loaded = yield* loadSource({ dataset, split, annotations, policy: 'keep', strict: true, ...options })
  return loaded.samples.filter(({ task }) => tasks.includes(task))
})

/** The first sample without the truth that its task is scored against. */
const unlabelled = (samples: ReadonlyArray<Sample>): Sample | undefined =>
  samples.find(({ task, windows, answer }) =>
    task === 'grounding' || task === 'grounded-qa' ? windows === null : answer === undefined,
  )

const suiteCommand = (name: string) =>
  Command.make(
    name,
    flags,
    Effect.fn(function* (input) {
      const config = yield* loadConfig()
      const suite = yield* lookupSuite(name)
      const folders = yield* foldersOf(suite.dataset, input)
      const split = Option.getOrElse(input.split, () => suite.split)
      const options = given({ form: input.form, cleaning: input.cleaning })
      const all = yield* samplesOf(suite, split, folders.annotations, options)
      const blank = unlabelled(all)
      if (blank !== undefined)
        return yield* new InputError({
          subject: `--split ${split}`,
          problem: `sample ${blank.id} has no annotated ${blank.windows === null ? 'window' : 'answer'}`,
          remedy: 'choose a split with labels, or leave such samples out',
        })
      // A prior may look at a training split; where that cannot be read, it is fitted on what it is scored on.
      const { train, fitted } = yield* samplesOf(suite, suite.trainSplit, folders.annotations, options).pipe(
        Effect.map((samples) => ({ train: samples, fitted: suite.trainSplit })),
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
          problem: `holds no sample of ${suite.tasks.join(' or ')} in split ${split}`,
          remedy: 'choose another --split or folder',
        })
      if (samples.length === 0)
        return yield* new InputError({
          subject: folders.videos,
          problem: `holds none of the ${all.length} samples' videos`,
          remedy: 'point --videos at the folder of the videos',
        })
      const out = Option.getOrElse(input.out, () => join(config.runs, `eval-${name}`))
      const chosen = yield* backendOf(config, input)
      const label = Option.isSome(input.predictions)
        ? basename(input.predictions.value)
        : Option.getOrElse(input.baseline, () => nameOf(chosen))
      const predictions = Option.isSome(input.predictions)
        ? yield* givenPredictions(all, train, {
            file: input.predictions.value,
            reader: input.reader,
            ...given({ answers: input.answers }),
          })
        : Option.isSome(input.baseline)
          ? yield* givenPredictions(samples, train, { baseline: input.baseline.value, seed: input.seed })
          : yield* answerAll(samples, folders.videos, out, input, inFlightOf(chosen)).pipe(
              Effect.provide(modelServices(chosen, yield* cacheOf(input, join(config.runs, suite.dataset)))),
            )
      const result = yield* runEval(
        {
          suite: name,
          samples,
          train,
          out,
          seed: input.seed,
          reader: input.reader,
          ...given({ rule: input.rule }),
        },
        label,
        predictions,
      )
      yield* print(
        input.json,
        {
          ...result.evaluation.report.metrics,
          ...reportJson(result.evaluation.report),
          split,
          name: label,
          prior: result.placed ? result.prior.report.metrics : null,
          priorFittedOn: fitted,
        },
        [
          result.table,
          result.placed
            ? `prior only: fitted on ${fitted}`
            : 'prior only: left out, there are samples without duration',
          ...(found.length < all.length ? [`${all.length - found.length} samples left out: no video`] : []),
          `report: ${join(out, 'report.md')}`,
        ],
      )
    }),
  ).pipe(Command.withDescription(`Score a model, a file or a baseline on ${name}`))

const answerAll = Effect.fnUntraced(function* (
  samples: ReadonlyArray<Sample>,
  videos: string,
  out: string,
  input: {
    readonly reader: (typeof readers)[number]
  },
  inFlight: number,
) {
  const log = join(out, 'predictions.jsonl')
  yield* Effect.tryPromise({
    try: async () => {
      makeFolders(out)
      await writeFile(log, '')
    },
    catch: (cause) =>
      new InputError({
        subject: log,
        problem: `cannot be written (${String(cause)})`,
        remedy: 'choose another folder with --out',
      }),
  })
  return yield* answer(samples, {
    videos,
    inFlight,
    log,
    reader: input.reader,
  })
})

export const evaluation = Command.make('eval').pipe(
  Command.withDescription('Evaluate on a benchmark'),
  Command.withSubcommands([...Object.keys(suites).map(suiteCommand), compareCommand]),
  Command.withExamples([
    { command: 'spanwise eval shapes', description: 'the shipped checkpoint on its world' },
    {
      command: 'spanwise eval charades --annotations DIR --predictions FILE.jsonl',
      description: 'score predictions made elsewhere',
    },
  ]),
)
