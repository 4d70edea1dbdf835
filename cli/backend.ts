import { availableParallelism } from 'node:os'
import { Effect, type FileSystem, Option, type Path } from 'effect'
import { Flag } from 'effect/cli'
import { InputError } from '../core/index.ts'
import type { EngineOptions } from '../engine/index.ts'
import {
  checkpointName,
  mediaModes,
  type OpenaiSettings,
  openaiSettingsSchema,
  type ProfileOverrides,
  presetNames,
  usualUrls,
} from '../models/index.ts'
import type { Config } from '../pipelines/config.ts'
import { dashed, engineOf, given, model, modelOf, profile, refuseGiven, text, whole } from './flags.ts'

/** What runs the model: the engine in this process, or servers. */
export type Backend =
  | { readonly kind: 'embedded'; readonly engine: EngineOptions; readonly overrides: ProfileOverrides }
  | {
      readonly kind: 'openai'
      readonly settings: OpenaiSettings
      readonly threads: number
      readonly overrides: ProfileOverrides
    }

/** Flags of the commands that query a model, including those of its profile. */
export const backend = {
  ...model,
  ...profile,
  model: text(
    'model',
    'Hugging Face checkpoint folder (default: the included shapes checkpoint), or the name of the model on the servers',
  ),
  backend: Flag.Literals('backend', ['embedded', 'openai']).pipe(
    Flag.withDescription(
      'what runs the model: the embedded engine (default), or servers with the OpenAI chat API',
    ),
    Flag.optional,
  ),
  baseUrl: text('base-url', 'URLs of the model servers, separated by commas, e.g. http://gpu1:8000/v1'),
  preset: Flag.Literals('preset', presetNames).pipe(
    Flag.withDescription('kind of server; default openai'),
    Flag.optional,
  ),
  keyEnv: text(
    'key-env',
    'environment variable with the API key; by default OPENAI_API_KEY and GEMINI_API_KEY for those services, none for other servers',
  ),
  media: Flag.Literals('media', mediaModes).pipe(
    Flag.withDescription(
      'how frames are sent: as images interleaved with their times, as one video, or as a reference to the file',
    ),
    Flag.optional,
  ),
  quality: whole('quality', 'JPEG quality of frames, 1-100, default 90', 1),
  concurrency: whole('concurrency', 'maximum number of concurrent requests per server, default 256', 1),
}

/** Names of the flags that apply to servers only. */
const ofServers = ['baseUrl', 'preset', 'keyEnv', 'media', 'quality', 'concurrency'] as const

type Flags = Parameters<typeof engineOf>[1] &
  Parameters<typeof modelOf>[1] & {
    readonly backend: Option.Option<'embedded' | 'openai'>
    readonly baseUrl: Option.Option<string>
    readonly preset: Option.Option<(typeof presetNames)[number]>
    readonly keyEnv: Option.Option<string>
    readonly media: Option.Option<(typeof mediaModes)[number]>
    readonly quality: Option.Option<number>
    readonly concurrency: Option.Option<number>
  }

/** What to do about a field that is wrong; `preset` is the kind of server if it is set. */
const remedyOf = (field: string, preset: unknown): string => {
  if (field === 'model') return 'name the model as the server knows it'
  if (field !== 'baseUrl') return 'use another value, or correct "backend" in the configuration'
  const known = presetNames.find((name) => name === preset)
  return known === undefined
    ? `name the server, e.g. --preset vllm --base-url ${usualUrls.vllm}, or --base-url ${usualUrls.openai}`
    : `name the server, e.g. --base-url ${usualUrls[known]}`
}

/** The backend after flags, the section `backend` of the configuration and defaults. */
export const backendOf = Effect.fnUntraced(function* (
  config: Config,
  flags: Flags,
): Effect.fn.Return<Backend, InputError, FileSystem.FileSystem | Path.Path> {
  const { name, overrides } = modelOf(config, flags)
  const kind = Option.getOrElse(flags.backend, () => config.backend.kind)
  if (kind === 'embedded') {
    yield* refuseGiven(flags, ofServers, {
      problem: 'applies to servers, but the backend is the embedded engine',
      remedy: 'add --backend openai',
    })
    return { kind, engine: yield* engineOf(config, flags), overrides }
  }
  const { kind: _, ...configured } = config.backend.kind === 'openai' ? config.backend : { kind }
  const { baseUrl, concurrency, ...others } = given({
    baseUrl: flags.baseUrl,
    preset: flags.preset,
    keyEnv: flags.keyEnv,
    media: flags.media,
    quality: flags.quality,
    concurrency: flags.concurrency,
  })
  const merged: Readonly<Record<string, unknown>> = {
    ...(name === undefined ? {} : { model: name }),
    ...configured,
    ...(Option.isSome(flags.model) ? { model: name } : {}),
    ...others,
    ...(baseUrl === undefined ? {} : { baseUrl: baseUrl.split(',').map((url) => url.trim()) }),
    ...(concurrency === undefined ? {} : { concurrency: { most: concurrency } }),
  }
  const parsed = openaiSettingsSchema.safeParse(merged)
  if (parsed.success) {
    const threads = Option.getOrElse(flags.threads, () => config.threads)
    return {
      kind,
      settings: parsed.data,
      threads: threads === 0 ? availableParallelism() : threads,
      overrides,
    }
  }
  const issue = parsed.error.issues[0]!
  const field = String(issue.path[0] ?? '')
  return yield* new InputError({
    subject: `--${dashed(field)}`,
    problem: merged[field] === undefined ? 'is missing' : issue.message,
    remedy: remedyOf(field, merged.preset),
  })
})

/** The model's name for display. */
export const nameOf = (chosen: Backend): string =>
  chosen.kind === 'embedded' ? checkpointName(chosen.engine.checkpoint) : chosen.settings.model

/** Samples processed concurrently: as many as its servers may have requests, or as form efficient batches. */
export const inFlightOf = (chosen: Backend): number =>
  chosen.kind === 'embedded'
    ? 32
    : Math.min(1024, chosen.settings.baseUrl.length * chosen.settings.concurrency.most)
