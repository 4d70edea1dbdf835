import { z } from 'zod'
import { mediaModes, type PresetName, presetNames } from './presets.ts'

/** Node's timers take no more, 24.8 days: a longer one ends at once. */
const longest = 2 ** 31 - 1
const milliseconds = z.number().positive().max(longest)

/** A base URL: http or https, without credentials or a trailing slash. */
const baseUrl = z
  .url({ protocol: /^https?$/, error: 'is not an http or https URL' })
  .refine((url) => URL.canParse(url) && new URL(url).username === '' && new URL(url).password === '', {
    error: 'contains a user or password; put a key into the environment (--key-env)',
  })
  .refine((url) => URL.canParse(url) && new URL(url).search === '' && new URL(url).hash === '', {
    error: 'ends in a query; use the plain base URL, and put a key into the environment (--key-env)',
  })
  .transform((url) => url.replace(/\/+$/, ''))

/** A name of an environment variable; an invalid value may be a key and is not repeated. */
const variable = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, {
  error: 'is not the name of an environment variable (the name, not the key itself)',
})

/** Settings of the `openai` backend. Marked * are those that answers depend on: they are part of a model's identity. */
export const openaiSettingsSchema = z.strictObject({
  /** One URL for each server of the model, usually ending in `/v1`. */
  baseUrl: z.union([baseUrl.transform((url) => [url]), z.array(baseUrl).min(1)]),
  /** * The name of the model on the servers. */
  model: z.string().min(1),
  /** * The kind of server. */
  preset: z.enum(presetNames as [PresetName, ...ReadonlyArray<PresetName>]).default('openai'),
  /** Environment variable of the API key; by default the preset's for the preset's host, null for none. */
  keyEnv: variable.nullish(),
  /** * How frames are sent; by default as one video if the server and the model's processor support it, else as frames. */
  media: z.enum(mediaModes).optional(),
  /** * JPEG quality of frames, 1-100. */
  quality: z.int().min(1).max(100).default(90),
  /** * Options for the model's processor, if the server accepts them in requests. */
  processor: z.record(z.string(), z.json()).nullable().default(null),
  /** * Further fields of every request, e.g. `{"chat_template_kwargs": {"enable_thinking": false}}`. */
  extra: z.record(z.string(), z.json()).default({}),
  /** For media `file`: the servers' URL for a local folder; by default `file://` and the path. */
  files: z.strictObject({ from: z.string(), to: z.string() }).nullable().default(null),
  /** Concurrent requests per server, initial and maximum; the number adapts in between. */
  concurrency: z
    .strictObject({ start: z.int().positive().default(32), most: z.int().positive().default(256) })
    .prefault({}),
  /** Milliseconds for one attempt. */
  timeout: milliseconds.default(600_000),
  /** Requests of one sample that may be sent again after failures. */
  retries: z.int().min(0).default(8),
  /** Milliseconds between attempts: before the first retry, and maximum. */
  backoff: z
    .strictObject({ first: milliseconds.default(250), most: milliseconds.default(30_000) })
    .prefault({}),
  /** Milliseconds between health checks of a server that is down. */
  checks: z
    .strictObject({ first: milliseconds.default(1000), most: milliseconds.default(30_000) })
    .prefault({}),
  /** Milliseconds without any server after which work ends. */
  giveUp: milliseconds.default(300_000),
  /** Prices of a million tokens; costs are null without them. */
  prices: z
    .strictObject({
      prompt: z.number().min(0),
      completion: z.number().min(0),
      cached: z.number().min(0).optional(),
    })
    .nullable()
    .default(null),
})

export type OpenaiInput = z.input<typeof openaiSettingsSchema>
export type OpenaiSettings = z.output<typeof openaiSettingsSchema>
