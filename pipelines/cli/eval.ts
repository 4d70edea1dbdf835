import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Effect, Option } from 'effect'
import { Command, Flag } from 'effect/cli'
import { InputError, type Sample } from '../../core/index.ts'
import { baselines, lookupSuite, readers, reportJson, suites } from '../../eval/index.ts'
import { loadConfig } from '../config.ts'
import { answer, givenPredictions, runEval } from '../eval.ts'
import { loadSource } from '../source.ts'
import { trueSamples } from '../world.ts'
import { engineOf, foldersOf, given, json, model, print, seed, source, view } from './flags.ts'
import { modelServices } from './services.ts'

const { dataset: _, policy: __, ...place } = source

const flags = {
  ...place,
  ...model,
  ...view,
  json,
  seed,
  predictions: Flag.String('predictions').pipe(
    Flag.withDescription('score this file instead of running a model'),
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
  limit: Flag.Int('limit').pipe(Flag.withDescription('only so many samples'), Flag.optional),
  presentOnly: Flag.Boolean('present-only').pipe(
    Flag.withDescription('leave out samples whose video is not there, and say how many'),
    Flag.withDefault(false),
  ),
  out: Flag.String('out').pipe(
    Flag.withDescription('folder of the report, figures and raw values'),
    Flag.optional,
  ),
}

/** The samples of a suite's split; those of the shapes world with their truth. */
const samplesOf = Effect.fnUntraced(function* (
  dataset: string,
  split: string,
  annotations: string,
  tasks: ReadonlyArray<Sample['task']>,
  form: Option.Option<string>,
) {
  if (dataset === 'shapes') return yield* trueSamples(annotations, split, tasks)
  const loaded = yield* loadSource({ dataset, split, annotations, policy: 'keep', ...given({ form }) })
  return loaded.samples.filter(({ task }) => tasks.includes(task))
})

const suiteCommand = (name: string) =>
  Command.make(
    name,
    flags,
    Effect.fn(function* (input) {
      const config = yield* loadConfig()
      const suite = yield* lookupSuite(name)
      const folders = yield* foldersOf(suite.dataset, input)
      const split = Option.getOrElse(input.split, () => suite.split)
      const read = (which: string) =>
        samplesOf(suite.dataset, which, folders.annotations, suite.tasks, input.form)
      const all = yield* read(split)
      // A prior may look at a training split; where its file is not there, it is fitted on what it is scored on.
      const train = yield* read(suite.trainSplit).pipe(Effect.orElseSucceed(() => all))
      const found = input.presentOnly ? all.filter(({ file }) => existsSync(join(folders.videos, file))) : all
      const samples = found.slice(
        0,
        Option.getOrElse(input.limit, () => found.length),
      )
      if (samples.length === 0)
        return yield* new InputError({
          subject: folders.videos,
          problem: `holds none of the ${all.length} samples' videos`,
          remedy: 'point --videos at the folder of the videos',
        })
      const out = Option.getOrElse(input.out, () => join(config.runs, `eval-${name}`))
      const engine = engineOf(config, input)
      const label = Option.isSome(input.predictions)
        ? input.predictions.value
        : Option.getOrElse(input.baseline, () => engine.checkpoint)
      const predictions = Option.isSome(input.predictions)
        ? yield* givenPredictions(samples, train, { file: input.predictions.value, reader: input.reader })
        : Option.isSome(input.baseline)
          ? yield* givenPredictions(samples, train, { baseline: input.baseline.value, seed: input.seed })
          : yield* answerAll(samples, folders.videos, out, input).pipe(Effect.provide(modelServices(engine)))
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
          prior: result.prior.report.metrics,
        },
        [
          result.table,
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
    readonly fps: Option.Option<number>
    readonly frames: Option.Option<number>
    readonly maxPixels: Option.Option<number>
    readonly reader: (typeof readers)[number]
  },
) {
  const log = join(out, 'predictions.jsonl')
  yield* Effect.tryPromise({
    try: async () => {
      await mkdir(out, { recursive: true })
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
    fps: Option.getOrElse(input.fps, () => 2),
    frames: Option.getOrElse(input.frames, () => 32),
    maxPixels: Option.getOrElse(input.maxPixels, () => 4096),
    maxTokens: 64,
    log,
    reader: input.reader,
  })
})

export const evaluation = Command.make('eval').pipe(
  Command.withDescription('Evaluate on a benchmark'),
  Command.withSubcommands(Object.keys(suites).map(suiteCommand)),
  Command.withExamples([
    { command: 'spanwise eval shapes', description: 'the shipped checkpoint on its world' },
    {
      command: 'spanwise eval charades --annotations DIR --predictions FILE.jsonl',
      description: 'score predictions made elsewhere',
    },
  ]),
)
