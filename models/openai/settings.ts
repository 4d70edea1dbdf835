import { z } from 'zod'
import { mediaModes, type PresetName, presetNames } from './presets.ts'

const milliseconds = z.number().positive()

/** A base URL: http or https, nothing secret in it, no slash at its end. */
const baseUrl = z
  .url({ protocol: /^https?$/, error: 'is no http or https URL' })
  .refine((url) => URL.canParse(url) && new URL(url).username === '' && new URL(url).password === '', {
    error: 'holds a user or password; give a key in the environment (--key-env)',
  })
  .refine((url) => URL.canParse(url) && new URL(url).search === '' && new URL(url).hash === '', {
    error: 'ends in a query; give the plain base URL, and a key in the environment (--key-env)',
  })
  .transform((url) => url.replace(/\/+$/, ''))

/** A name of an environment variable; what is none may be a key, and is not repeated. */
const variable = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, {
  error: 'is not the name of an environment variable (not the key itself)',
})

/** Settings of the `openai` backend. Marked * are those that answers depend on: they are part of a model's identity. */
export const openaiSettingsSchema = z.strictObject({
  /** One URL for each server of the model, as a rule ending in `/v1`. */
  baseUrl: z.union([baseUrl.transform((url) => [url]), z.array(baseUrl).min(1)]),
  /** * The name that the servers know the model by. */
  model: z.string().min(1),
  /** * What kind of server it is. */
  preset: z.enum(presetNames as [PresetName, ...ReadonlyArray<PresetName>]).default('openai'),
  /** Environment variable of the API key; by default the preset's own for the preset's own host, null for none. */
  keyEnv: variable.nullish(),
  /** * How frames travel; by default as one video where the server takes one and the model learns its times, else as frames. */
  media: z.enum(mediaModes).optional(),
  /** * JPEG quality of frames, 1-100. */
  quality: z.int().min(1).max(100).default(90),
  /** * Options for the model's processor, where the server takes them with a request. */
  processor: z.record(z.string(), z.json()).nullable().default(null),
  /** * Further fields of every request, e.g. `{"chat_template_kwargs": {"enable_thinking": false}}`. */
  extra: z.record(z.string(), z.json()).default({}),
  /** For media `file`: the URL under which servers see a local folder; without it they get `file://` and the path. */
  files: z.strictObject({ from: z.string(), to: z.string() }).nullable().default(null),
  /** Requests at the same time with one server, at first and at most; between them the number adapts. */
  concurrency: z
    .strictObject({ start: z.int().positive().default(32), most: z.int().positive().default(256) })
    .prefault({}),
  /** Milliseconds for one attempt. */
  timeout: milliseconds.default(600_000),
  /** Requests of one sample that may be sent again after failures. */
  retries: z.int().min(0).default(8),
  /** Milliseconds between attempts: before the first retry, and at most. */
  backoff: z
    .strictObject({ first: milliseconds.default(250), most: milliseconds.default(30_000) })
    .prefault({}),
  /** Milliseconds between health checks of a server that is out. */
  checks: z
    .strictObject({ first: milliseconds.default(1000), most: milliseconds.default(30_000) })
    .prefault({}),
  /** Milliseconds without any server after which the work ends. */
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
