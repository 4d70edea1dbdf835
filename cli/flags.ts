import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { Console, Effect, Option } from 'effect'
import { Flag } from 'effect/cli'
import { InputError } from '../core/index.ts'
import { cleanings, defaultReadSettings, lookup, type Policy, policies } from '../datasets/index.ts'
import { ensureWorld } from '../lab/world.ts'
import { type Config, loadConfig } from '../pipelines/config.ts'
import { Videos } from '../video/index.ts'

/** Flags that several commands share. A flag that is not given falls back to the configuration, then to a default. */

const text = (name: string, description: string) =>
  Flag.String(name).pipe(Flag.withDescription(description), Flag.optional)

const integer = (name: string, description: string, least: number) =>
  Flag.Int(name).pipe(
    Flag.withDescription(description),
    Flag.filter(
      (value) => value >= least,
      () => `${least} or more`,
    ),
  )

const aboveZero = (name: string, description: string) =>
  Flag.Finite(name).pipe(
    Flag.withDescription(description),
    Flag.filter(
      (value) => value > 0,
      () => 'a number above 0',
    ),
  )

/** A whole number of at least `least`, if given. */
export const whole = (name: string, description: string, least = 0) =>
  integer(name, description, least).pipe(Flag.optional)

/** A whole number of at least `least`; `value` if not given. */
export const wholeOr = (name: string, description: string, value: number, least = 1) =>
  integer(name, description, least).pipe(Flag.withDefault(value))

/** A number above 0, if given. */
export const positive = (name: string, description: string) =>
  aboveZero(name, description).pipe(Flag.optional)

/** A number above 0; `value` if not given. */
export const positiveOr = (name: string, description: string, value: number) =>
  aboveZero(name, description).pipe(Flag.withDefault(value))

export const json = Flag.Boolean('json').pipe(
  Flag.withDescription('print one JSON object on standard output and nothing else'),
  Flag.withDefault(false),
)

export const seed = Flag.Int('seed').pipe(
  Flag.withDescription('fixes every random draw'),
  Flag.withDefault(0),
)

export const model = {
  model: text('model', 'Hugging Face checkpoint folder; the shipped shapes checkpoint by default'),
  device: Flag.Literals('device', ['cpu', 'webgpu']).pipe(
    Flag.withDescription('where the embedded engine computes'),
    Flag.optional,
  ),
  threads: whole('threads', 'threads of the engine; every core by default'),
}

/** What becomes of rows whose windows are wrong; `keep` where files are looked at as published. */
export const policy = (byDefault: Policy) =>
  Flag.Literals('policy', policies).pipe(
    Flag.withDescription(
      `what to do with rows whose windows are reversed or outside the clip, default ${byDefault}`,
    ),
    Flag.withDefault(byDefault),
  )

export const source = {
  dataset: Flag.String('dataset').pipe(Flag.withDescription('name in the catalogue, e.g. charades')),
  split: text('split', 'split of the dataset; train by default'),
  annotations: text('annotations', 'folder of the annotation files'),
  videos: text('videos', 'folder of the videos'),
  form: text('form', 'which published form, where several lie in the folder'),
  policy: policy(defaultReadSettings.policy),
}

export const cleaning = Flag.Literals('cleaning', cleanings).pipe(
  Flag.withDescription('whose cleaning of the queries; raw leaves them as published'),
  Flag.optional,
)

export const view = {
  fps: positive('fps', 'frames per second, default 2'),
  frames: whole('frames', 'most frames of a clip, default 32', 1),
  maxPixels: whole('max-pixels', 'most pixels of a frame, default 4096', 1),
}

export const run = text('run', 'folder of the run; an unfinished one is continued')

/** `name=value` pairs of `--set`; values are read as JSON where they are JSON, as text otherwise. */
export const settings = Flag.KeyValuePair('set').pipe(
  Flag.withDescription('any other setting by name, e.g. --set votes=3'),
  Flag.optional,
)

/** Settings with dots in their names become nested objects: `mask.start=0.5`. */
export const settingsOf = (pairs: Option.Option<Record<string, string>>): Record<string, unknown> => {
  const settings: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(Option.getOrElse(pairs, () => ({})))) {
    const path = name.split('.')
    const last = path.pop()!
    const into = path.reduce<Record<string, unknown>>((object, part) => {
      object[part] ??= {}
      return object[part] as Record<string, unknown>
    }, settings)
    into[last] = parsed(value)
  }
  return settings
}

const parsed = (value: string): unknown => {
  try {
    return JSON.parse(value)
  } catch {
    return value
  }
}

/** The flags that were given, by name; the others are left out, as options with defaults expect. */
export const given = <A extends Record<string, Option.Option<unknown>>>(flags: A) =>
  Object.fromEntries(
    Object.entries(flags).flatMap(([name, value]) => (Option.isSome(value) ? [[name, value.value]] : [])),
  ) as { readonly [K in keyof A]?: A[K] extends Option.Option<infer V> ? V : never }

/** The checkpoint that the package ships. */
export const shippedModel = join(import.meta.dirname, '..', 'checkpoints', 'shapes-base')

/** Checkpoint, device and threads after flags, configuration and defaults. */
export const engineOf = (
  config: Config,
  flags: {
    readonly model: Option.Option<string>
    readonly device: Option.Option<'cpu' | 'webgpu'>
    readonly threads: Option.Option<number>
  },
) => {
  const threads = Option.getOrElse(flags.threads, () => config.threads)
  return {
    checkpoint: Option.getOrElse(flags.model, () => config.model ?? shippedModel),
    device: Option.getOrElse(flags.device, () => config.device),
    threads: threads === 0 ? availableParallelism() : threads,
  }
}

/** Folders of a dataset after flags and configuration; an InputError where neither names them. */
export const foldersOf = Effect.fn('Cli.foldersOf')(function* (
  dataset: string,
  flags: { readonly annotations: Option.Option<string>; readonly videos: Option.Option<string> },
) {
  yield* lookup(dataset)
  const config = yield* loadConfig()
  const entry = Object.hasOwn(config.datasets, dataset) ? config.datasets[dataset] : undefined
  const annotations = Option.getOrElse(flags.annotations, () => entry?.annotations)
  if (annotations === undefined && dataset === 'shapes') {
    const world = yield* ensureWorld(config.runs).pipe(Effect.provide(Videos.layer()))
    return { ...world, videos: Option.getOrElse(flags.videos, () => world.videos) }
  }
  if (annotations === undefined)
    return yield* new InputError({
      subject: `dataset ${dataset}`,
      problem: 'nothing says where its files lie',
      remedy: `give --annotations DIR and --videos DIR, or add "${dataset}" to "datasets" in spanwise.config.json`,
    })
  return { annotations, videos: Option.getOrElse(flags.videos, () => entry?.videos ?? annotations) }
})

/** One JSON object on standard output with `--json`, `lines` otherwise. */
export const print = (asJson: boolean, result: object, lines: ReadonlyArray<string>) =>
  Console.log(asJson ? JSON.stringify(result) : lines.join('\n'))
