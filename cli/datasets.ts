import { Effect, Option } from 'effect'
import { Argument, Command, Flag } from 'effect/cli'
import { counted, IncompleteError, InputError, spanwiseCommand } from '../core/index.ts'
import { type Cleaning, lookup, type Policy } from '../datasets/index.ts'
import { loadConfig } from '../pipelines/config.ts'
import {
  type DatasetOptions,
  faultIn,
  listDatasets,
  runCheck,
  runExport,
  runInspect,
} from '../pipelines/datasets.ts'
import { Videos } from '../video/index.ts'
import { foldersOf } from './dataset.ts'
import { inspectLines } from './dataset-lines.ts'
import { cleaning, given, json, policy, print, source } from './flags.ts'
import { importCommand } from './import.ts'

const name = Argument.String('name').pipe(Argument.withDescription('name of a dataset, e.g. charades'))

const place = {
  name,
  json,
  cleaning,
  annotations: source.annotations,
  split: Flag.String('split').pipe(
    Flag.withDescription('name of one split; every split present by default'),
    Flag.optional,
  ),
  form: source.form,
  // These commands read the files as published.
  policy: policy('keep'),
}

/** The dataset to read, from the flags. */
const optionsOf = Effect.fnUntraced(function* (
  input: {
    readonly name: string
    readonly annotations: Option.Option<string>
    readonly split: Option.Option<string>
    readonly form: Option.Option<string>
    readonly policy: Policy
    readonly cleaning: Option.Option<Cleaning>
  },
  videos: Option.Option<string>,
) {
  yield* lookup(input.name)
  const folders = yield* foldersOf(input.name, { annotations: input.annotations, videos })
  const options: DatasetOptions = {
    dataset: input.name,
    annotations: folders.annotations,
    ...given({ split: input.split }),
    settings: { policy: input.policy, ...given({ form: input.form, cleaning: input.cleaning }) },
  }
  return { options, videos: folders.videos }
})

const sizes = (all: Effect.Success<typeof listDatasets>[number]): string =>
  all.splits
    .map((split) => {
      const size = all.sizes[split]
      return size === undefined
        ? split
        : `${split} ${size.samples}${size.videos === undefined ? '' : ` / ${size.videos} videos`}`
    })
    .join(', ')

const list = Command.make(
  'list',
  { json },
  Effect.fn(function* (input) {
    const all = yield* listDatasets
    const width = Math.max(...all.map(({ name }) => name.length)) + 2
    yield* print(
      input.json,
      { datasets: all },
      all.map(
        (one) =>
          `${one.name.padEnd(width)}${sizes(one)}\n${' '.repeat(width)}${one.homepage}; licence: ${one.licence ?? 'none stated'}; files: ${one.files.join(', ')}`,
      ),
    )
  }),
).pipe(
  Command.withDescription('List every known dataset with its splits, licence and files'),
  Command.withExamples([
    {
      command: 'spanwise datasets list',
      description: 'datasets of the configuration, then the published ones',
    },
  ]),
)

const inspect = Command.make(
  'inspect',
  {
    ...place,
    lines: Flag.Int('lines').pipe(
      Flag.withDescription('number of problems of each kind to list with their lines, default 10'),
      Flag.withDefault(10),
    ),
  },
  Effect.fn(function* (input) {
    const { options } = yield* optionsOf(input, Option.none())
    const { dataset, splits, problems } = yield* runInspect({ ...options, lines: input.lines })
    const about = { dataset: dataset.name, licence: dataset.licence, homepage: dataset.homepage }
    const [first] = splits
    yield* print(
      input.json,
      options.split !== undefined && first !== undefined
        ? { ...about, ...first }
        : {
            ...about,
            samples: splits.reduce((sum, { samples }) => sum + samples, 0),
            splits: Object.fromEntries(splits.map((split) => [split.split, split])),
          },
      splits.flatMap((split) => inspectLines(dataset.name, split)),
    )
    const fault = faultIn(problems)
    if (fault !== null) return yield* fault
  }),
).pipe(
  Command.withDescription('Summarise the annotation files of a dataset and list their problems'),
  Command.withExamples([
    {
      command: 'spanwise datasets inspect charades --annotations DIR --split train --json',
      description: 'samples, videos, windows, durations, problems, and the prior-only baseline',
    },
  ]),
)

const check = Command.make(
  'check',
  {
    ...place,
    videos: source.videos,
    tolerance: Flag.Finite('tolerance').pipe(
      Flag.withDescription('maximum difference of annotated and measured duration in seconds, default 0.5'),
      Flag.withDefault(0.5),
    ),
  },
  Effect.fn(function* (input) {
    const config = yield* loadConfig()
    const configured = Object.hasOwn(config.datasets, input.name)
    // By default the annotations are in the folder of the videos.
    const annotations = configured
      ? input.annotations
      : Option.orElse(input.annotations, () => (input.name === 'shapes' ? Option.none() : input.videos))
    const { options, videos } = yield* optionsOf({ ...input, annotations }, input.videos)
    const result = yield* runCheck({ ...options, videos, tolerance: input.tolerance }).pipe(
      Effect.provide(Videos.layer({ workers: 2 })),
    )
    if (result.videos === 0)
      return yield* new InputError({
        subject: options.annotations,
        problem: 'contains no video',
        remedy: 'choose another --split or folder',
      })
    const said = `${result.missing} missing, ${result.unreadable} unreadable, ${result.duration} with another duration, ${result.outside} with windows outside the video${
      result.cycles === 0 ? '' : `, ${result.cycles} with cycles that cannot be right`
    }`
    const rows =
      result.lost.length === 0
        ? []
        : [`${result.lost.length} of ${counted(result.rows, 'row')} cannot be used`]
    yield* print(input.json, result, [
      ...result.faults.map(
        ({ file, kind, message, samples }) => `${file}: ${kind}: ${message} (${counted(samples, 'sample')})`,
      ),
      ...rows.map((text) => `${text}: see "${spanwiseCommand('datasets', 'inspect', input.name)}"`),
      `${counted(result.videos, 'video')}: ${result.sound} correct, ${said}`,
    ])
    if (result.sound < result.videos)
      return yield* new IncompleteError({
        subject: videos,
        problem: [`of ${counted(result.videos, 'video')} ${said}`, ...rows].join('; '),
        remedy: 'download the videos, correct the annotations, or remove their samples',
      })
    const fault = faultIn(result.lost)
    if (fault !== null) return yield* fault
  }),
).pipe(
  Command.withDescription(
    'Check that every row can be used, and that every video exists, can be read and has the annotated duration',
  ),
  Command.withExamples([
    {
      command: 'spanwise datasets check charades --annotations DIR --videos DIR --split test',
      description: 'measures every file without decoding it',
    },
  ]),
)

const exportCommand = Command.make(
  'export',
  {
    ...place,
    out: Flag.String('out').pipe(Flag.withDescription('file to write: FILE.jsonl or FILE.parquet')),
  },
  Effect.fn(function* (input) {
    const { options } = yield* optionsOf(input, Option.none())
    const { problems, ...result } = yield* runExport({ ...options, out: input.out })
    yield* print(input.json, { ...result, problems: problems.length }, [
      `${result.samples} samples of ${result.splits.join(', ')}, ${problems.length} problems: ${result.out}`,
    ])
    const fault = faultIn(problems)
    if (fault !== null) return yield* fault
  }),
).pipe(
  Command.withDescription(
    "Write a dataset's samples as JSON lines or Parquet, in one format for all datasets",
  ),
  Command.withExamples([
    {
      command: 'spanwise datasets export anet --annotations DIR --split test --out anet.parquet',
      description: 'ids, queries and windows as the suites use them',
    },
  ]),
)

export const datasets = Command.make('datasets').pipe(
  Command.withDescription('List known datasets; inspect, check, export and import data'),
  Command.withSubcommands([list, inspect, check, exportCommand, importCommand]),
  Command.withExamples([
    { command: 'spanwise datasets inspect charades --annotations DIR', description: 'before any work on it' },
  ]),
)
