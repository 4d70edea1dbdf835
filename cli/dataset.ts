import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Effect, Option } from 'effect'
import { Flag } from 'effect/cli'
import { InputError } from '../core/index.ts'
import { findSplit, lookup } from '../datasets/index.ts'
import { ensureWorld, laptopWorld, worldFolders } from '../lab/world.ts'
import { type Config, loadConfig } from '../pipelines/config.ts'
import { Videos } from '../video/index.ts'
import { ofConfiguration } from './flags.ts'

/** The flag of commands that work on one dataset. */
export const dataset = Flag.String('dataset').pipe(
  Flag.withDescription(
    'name of a dataset, e.g. charades; by default the only one in the configuration, or its "default"',
  ),
  Flag.optional,
)

/** The configuration's only dataset, or the one that is called `default`. */
const configuredOne = ({ datasets }: Config): string | undefined => {
  const names = Object.keys(datasets)
  return names.length === 1 ? names[0] : names.find((one) => one === 'default')
}

/** Whether a command without `--dataset` works on one. */
export const hasDefault = (config: Config): boolean => (config.default ?? configuredOne(config)) !== undefined

/**
 * The dataset that a command works on: as given, else the configuration's only one or its `default`. `instead` is what makes
 * a dataset needless.
 */
export const datasetOf = (
  flag: Option.Option<string>,
  config: Config,
  instead?: string,
): Effect.Effect<string, InputError> => {
  const names = Object.keys(config.datasets)
  const configured = configuredOne(config)
  const name = Option.getOrElse(flag, () => config.default ?? configured)
  const field = Option.isNone(flag) && config.default !== undefined ? 'default' : null
  if (name !== undefined) return Effect.as(lookup(name), name).pipe(ofConfiguration(field))
  return Effect.fail(
    new InputError({
      subject: '--dataset',
      problem: `none is given, and ${names.length === 0 ? 'none is configured' : `several are configured: ${names.join(', ')}`}`,
      remedy: `${instead === undefined ? '' : `use ${instead}, or `}${
        names.length === 0
          ? 'use --dataset NAME ("shapes" needs no files), or add one to "datasets" in spanwise.config.json'
          : 'use --dataset NAME, or set "default" in the configuration'
      }`,
    }),
  )
}

/** Where the files of a dataset are. */
export interface Places {
  readonly annotations: string
  readonly videos: string
  /** Creates the files that are missing: the shapes world of the runs. Call it once inputs are checked. */
  readonly make: Effect.Effect<void, Effect.Error<ReturnType<typeof ensureWorld>>>
}

/** Refuses a folder of videos that was typed and is none: otherwise every video would count as missing. */
export const requireVideos = (typed: Option.Option<string>): Effect.Effect<void, InputError> =>
  Option.isNone(typed) || statSync(typed.value, { throwIfNoEntry: false })?.isDirectory() === true
    ? Effect.void
    : Effect.fail(
        new InputError({
          subject: `--videos ${typed.value}`,
          problem: existsSync(typed.value) ? 'is not a folder' : 'does not exist',
          remedy: 'set it to the folder of the videos',
        }),
      )

/** Folders of a dataset from flags and configuration; an InputError if neither names them. Creates nothing. */
export const placesOf = Effect.fn('Cli.placesOf')(function* (
  name: string,
  flags: {
    /** Null where the command has no flag for them. */
    readonly annotations: Option.Option<string> | null
    readonly videos: Option.Option<string>
    /** Refused where the dataset has none of that name, before anything is made. */
    readonly split?: Option.Option<string>
  },
) {
  const found = yield* lookup(name)
  const split = Option.getOrUndefined(flags.split ?? Option.none())
  if (split !== undefined) yield* findSplit(found, split)
  yield* requireVideos(flags.videos)
  const config = yield* loadConfig()
  const entry = Object.hasOwn(config.datasets, name) ? config.datasets[name] : undefined
  const annotations = Option.getOrElse(flags.annotations ?? Option.none(), () => entry?.annotations)
  if (annotations === undefined && name === 'shapes') {
    const world = worldFolders(config.runs)
    const splits = laptopWorld.splits.map((one) => one.split)
    if (split !== undefined) yield* findSplit({ name: 'the included shapes dataset', splits }, split)
    const make = Effect.asVoid(ensureWorld(config.runs)).pipe(Effect.provide(Videos.layer()))
    return { ...world, videos: Option.getOrElse(flags.videos, () => world.videos), make } satisfies Places
  }
  if (annotations === undefined)
    return yield* new InputError({
      subject: `dataset ${name}`,
      problem: 'the location of its files is not set',
      remedy: `${flags.annotations === null ? 'add' : 'use --annotations DIR and --videos DIR, or add'} "${name}" to "datasets" in spanwise.config.json`,
    })
  const videos = Option.getOrElse(flags.videos, () => entry?.videos ?? annotations)
  return { annotations, videos, make: Effect.void } satisfies Places
})

/** The same, after creating the files that are missing. */
export const foldersOf = Effect.fn('Cli.foldersOf')(function* (...place: Parameters<typeof placesOf>) {
  const { make, ...folders } = yield* placesOf(...place)
  yield* make
  return folders
})

/** Errors about a dataset or split under the flag that named it: `--evaluation charades:tset` where it says `--split tset`. */
export const ofFlag =
  (typed: string) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | InputError, R> =>
    Effect.mapError(effect, (error) =>
      error instanceof InputError && /^--(dataset|split) /.test(error.subject)
        ? new InputError({ subject: typed, problem: error.problem, remedy: error.remedy })
        : error,
    )

/**
 * A split of another dataset as a flag names it, NAME:SPLIT or NAME for its test split, and its folders as configured.
 * Errors name the flag.
 */
export const namedSplit = Effect.fn('Cli.namedSplit')(function* (flag: string, text: string) {
  const [dataset = '', split = 'test', ...more] = text.split(':')
  const subject = `--${flag} ${text}`
  if (dataset === '' || split === '' || more.length > 0)
    return yield* new InputError({
      subject,
      problem: 'is not the name of a dataset and of a split',
      remedy: `write it as --${flag} charades:test`,
    })
  const flags = { annotations: null, videos: Option.none(), split: Option.some(split) }
  return { dataset, split, ...(yield* placesOf(dataset, flags).pipe(ofFlag(subject))) }
})

/** The run that a command works on: as given, or that of its dataset. */
export const runOf = Effect.fn('Cli.runOf')(function* (input: {
  readonly run: Option.Option<string>
  readonly dataset: Option.Option<string>
}) {
  if (Option.isSome(input.run)) return input.run.value
  const config = yield* loadConfig()
  return join(config.runs, yield* datasetOf(input.dataset, config))
})

/** Refuses a checkpoint that does not exist, before any other work. */
export const requireCheckpoint = (folder: string): Effect.Effect<void, InputError> =>
  existsSync(join(folder, 'config.json'))
    ? Effect.void
    : Effect.fail(
        new InputError({
          subject: folder,
          problem: 'contains no config.json',
          remedy: 'set --model to the folder of a Hugging Face checkpoint',
        }),
      )
