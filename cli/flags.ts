import { availableParallelism } from 'node:os'
import { join, resolve } from 'node:path'
import { Console, Effect, Option } from 'effect'
import { Flag } from 'effect/cli'
import { InputError, plainJson } from '../core/index.ts'
import { cleanings, defaultReadSettings, type Policy, policies } from '../datasets/index.ts'
import { type ProfileOverrides, resolveCheckpoint, thinkModes } from '../models/index.ts'
import type { Config } from '../pipelines/config.ts'

/** Flags that several commands share. A flag that is not given falls back to the configuration, then to a default. */

/** A text, if given. */
export const text = (name: string, description: string) =>
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
  integer(name, `${description}, default ${value}`, least).pipe(Flag.withDefault(value))

/** A port to listen on, if given; 0 uses any free port. */
export const port = (name: string, description: string) =>
  Flag.Int(name).pipe(
    Flag.withDescription(description),
    Flag.filter(
      (value) => value >= 0 && value <= 65_535,
      () => 'a port from 0 to 65535',
    ),
    Flag.optional,
  )

/** A number above 0, if given. */
export const positive = (name: string, description: string) =>
  aboveZero(name, description).pipe(Flag.optional)

/** A number above 0; `value` if not given. */
export const positiveOr = (name: string, description: string, value: number) =>
  aboveZero(name, `${description}, default ${value}`).pipe(Flag.withDefault(value))

/** A number from `least` to `most`, if given. */
export const within = (name: string, description: string, least: number, most: number) =>
  Flag.Finite(name).pipe(
    Flag.withDescription(description),
    Flag.filter(
      (value) => value >= least && value <= most,
      () => `a number from ${least} to ${most}`,
    ),
    Flag.optional,
  )

/** A number above 0 and at most 1, if given. */
export const shareOf = (name: string, description: string) =>
  Flag.Finite(name).pipe(
    Flag.withDescription(description),
    Flag.filter(
      (value) => value > 0 && value <= 1,
      () => 'a number above 0 and at most 1',
    ),
    Flag.optional,
  )

export const json = Flag.Boolean('json').pipe(
  Flag.withDescription('print one JSON object on standard output and nothing else'),
  Flag.withDefault(false),
)

/** For output that may already exist and be in use. */
export const replace = Flag.Boolean('replace').pipe(
  Flag.withDescription('replace existing output made with other settings'),
  Flag.withDefault(false),
)

export const seed = Flag.Int('seed').pipe(
  Flag.withDescription('seed of every random draw, default 0'),
  Flag.withDefault(0),
)

export const model = {
  model: text(
    'model',
    'Hugging Face checkpoint folder, a model in the local Hugging Face cache (owner/name), or a name from "models" in the configuration; default: the included shapes checkpoint',
  ),
  device: Flag.Literals('device', ['cpu', 'webgpu']).pipe(
    Flag.withDescription('device of the embedded engine, default cpu'),
    Flag.optional,
  ),
  threads: whole('threads', 'threads of the engine; all cores by default'),
}

/** How rows with invalid windows are handled; `keep` where files are read as published. */
export const policy = (byDefault: Policy) =>
  Flag.Literals('policy', policies).pipe(
    Flag.withDescription(
      `what to do with rows whose windows are reversed or outside the clip, default ${byDefault}`,
    ),
    Flag.withDefault(byDefault),
  )

export const source = {
  split: text('split', 'split of the dataset, default train'),
  annotations: text('annotations', 'folder of the annotation files'),
  videos: text('videos', 'folder of the videos'),
  form: text('form', 'published form to read if the folder contains several, by a part of its file name'),
  policy: policy(defaultReadSettings.policy),
}

export const cleaning = Flag.Literals('cleaning', cleanings).pipe(
  Flag.withDescription('how queries are normalised, by source; raw keeps them as published'),
  Flag.optional,
)

/** Overrides of the model's profile, the same in every command. */
export const profile = {
  fps: positive('fps', "frames per second; the model's rate by default"),
  frames: whole('frames', "maximum number of frames per clip; the model's limit by default", 1),
  maxPixels: whole(
    'max-pixels',
    'maximum number of pixels per frame or image; by default 768 vision tokens for Qwen models',
    1,
  ),
  visionTokens: whole(
    'vision-tokens',
    'maximum number of vision tokens per clip; by default 3584 for Qwen models',
    1,
  ),
  maxTokens: whole(
    'max-tokens',
    'maximum number of tokens per reply, reasoning included; by default depends on the task',
    1,
  ),
  think: Flag.Literals('think', thinkModes).pipe(
    Flag.withDescription(
      'whether the model reasons before it answers; auto (default) depends on model and task',
    ),
    Flag.optional,
  ),
  guided: Flag.Boolean('guided').pipe(
    Flag.withDescription('constrain replies to the answer format, on servers that support it'),
    Flag.optional,
  ),
}

export const run = text('run', 'folder of the run; an unfinished run is continued')

/** The same for commands that look at a run that others made. */
export const madeRun = (byDefault: string) => text('run', `folder of the run; default ${byDefault}`)

/** The flags that were given, by name; the others are omitted, as options with defaults require. */
export const given = <A extends Record<string, Option.Option<unknown>>>(flags: A) =>
  Object.fromEntries(
    Object.entries(flags).flatMap(([name, value]) => (Option.isSome(value) ? [[name, value.value]] : [])),
  ) as { readonly [K in keyof A]?: A[K] extends Option.Option<infer V> ? V : never }

/** A name as a flag has it: `baseUrl` is `base-url`. */
export const dashed = (name: string): string =>
  name.replaceAll(/[A-Z]/g, (capital) => `-${capital.toLowerCase()}`)

/** Refuses the first of these flags that was given, where it would have no effect or contradicts another. */
export const refuseGiven = <Name extends string>(
  flags: { readonly [name in Name]: Option.Option<unknown> },
  names: ReadonlyArray<Name>,
  why: { readonly problem: string; readonly remedy: string },
): Effect.Effect<void, InputError> => {
  const stray = names.find((name) => Option.isSome(flags[name]))
  return stray === undefined
    ? Effect.void
    : Effect.fail(new InputError({ subject: `--${dashed(stray)}`, ...why }))
}

/**
 * What is wrong with a value of the configuration, under its name there: the error of the value's use names the flag that
 * was not given. `field` is null for a value that was typed.
 */
export const ofConfiguration =
  (field: string | null) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | InputError, R> =>
    Effect.mapError(effect, (error) =>
      field !== null && error instanceof InputError && error.subject.startsWith('--')
        ? new InputError({
            subject: `"${field}" in the configuration (${error.subject.replace(/^--\S+ ?/, '')})`,
            problem: error.problem,
            remedy: error.remedy,
          })
        : error,
    )

const shipped = (name: string) => join(import.meta.dirname, '..', 'checkpoints', name)

/** The checkpoints included in the package: the one that is trained, and a judge for boundary reflection. */
export const [shippedModel, shippedJudge] = [shipped('shapes-base'), shipped('shapes-judge')]

type ProfileFlags = { readonly [K in keyof typeof profile]: Option.Option<unknown> }

/**
 * Name of the model and what is set of its profile, after flags, named models of the configuration and defaults; `field` is
 * the field of the configuration that gives the name, null where it was typed.
 */
export const modelOf = (
  config: Config,
  flags: { readonly model: Option.Option<string> } & Partial<ProfileFlags>,
): {
  readonly name: string | undefined
  readonly field: string | null
  readonly overrides: ProfileOverrides
} => {
  const asked = Option.getOrElse(flags.model, () => config.model)
  const named = typeof asked === 'string' && Object.hasOwn(config.models, asked)
  const entry = named ? config.models[asked] : asked
  const field = named ? `models.${asked}` : Option.isSome(flags.model) ? null : 'model'
  const { name, ...configured } = typeof entry === 'object' ? entry : { name: entry }
  const flagged = Object.fromEntries(
    Object.keys(profile).flatMap((flag) => {
      const value = flags[flag as keyof ProfileFlags]
      return value !== undefined && Option.isSome(value) ? [[flag, value.value]] : []
    }),
  ) as ProfileOverrides
  return { name, field, overrides: { ...configured, ...flagged } }
}

/** Checkpoint, device and threads after flags, configuration and defaults. */
export const engineOf = Effect.fn('Cli.engineOf')(function* (
  config: Config,
  flags: Parameters<typeof modelOf>[1] & {
    readonly device: Option.Option<'cpu' | 'webgpu'>
    readonly threads: Option.Option<number>
  },
) {
  const threads = Option.getOrElse(flags.threads, () => config.threads)
  const { name, field } = modelOf(config, flags)
  return {
    checkpoint:
      name === undefined ? shippedModel : yield* resolveCheckpoint(name).pipe(ofConfiguration(field)),
    device: Option.getOrElse(flags.device, () => config.device),
    threads: threads === 0 ? availableParallelism() : threads,
  }
})

/** One JSON object on standard output with `--json`, `lines` otherwise. */
export const print = (asJson: boolean, result: object, lines: ReadonlyArray<string>) =>
  Console.log(asJson ? plainJson(result) : lines.join('\n'))

/** The folder of the videos of each configured dataset, absolute. */
export const configuredVideos = ({ datasets }: Config): { readonly [dataset: string]: string } =>
  Object.fromEntries(
    Object.entries(datasets).map(([name, { annotations, videos }]) => [name, resolve(videos ?? annotations)]),
  )
