import { pathToFileURL } from 'node:url'
import { Effect, FileSystem, Path } from 'effect'
import { z } from 'zod'
import { InputError } from '../core/index.ts'
import { openaiSettingsSchema, overridesSchema } from '../models/index.ts'

/** A checkpoint folder, a name on the hub or the name that servers know, and what is set of its profile. */
const modelSchema = overridesSchema.extend({ name: z.string() })

const schema = z.strictObject({
  /** Where each dataset's files lie, so that nobody edits code. */
  datasets: z
    .record(z.string(), z.strictObject({ annotations: z.string(), videos: z.string().optional() }))
    .default({}),
  /** What agents, training and evaluation start from: a folder or name, or one with settings of its profile. */
  model: z.union([z.string(), modelSchema]).optional(),
  /** Models by short names, for `--model`. */
  models: z.record(z.string(), modelSchema).default({}),
  device: z.enum(['cpu', 'webgpu']).default('cpu'),
  /** Threads of onnxruntime and of the decoders; 0 takes every core. */
  threads: z.int().min(0).default(0),
  /** What answers agents and evaluation: the engine inside, or servers with these settings. */
  backend: z
    .discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('embedded') }),
      openaiSettingsSchema.partial().extend({ kind: z.literal('openai') }),
    ])
    .default({ kind: 'embedded' }),
  /** Where runs are written. */
  runs: z.string().default('runs'),
})

/** Settings after the file and the defaults; flags go over them in each command. */
export type Config = z.infer<typeof schema>

const names = ['spanwise.config.ts', 'spanwise.config.json'] as const

/** Reads `spanwise.config.ts` or `.json` from the working folder; defaults where there is none. */
export const loadConfig = Effect.fn('loadConfig')(function* () {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  for (const name of names) {
    const file = path.resolve(name)
    if (!(yield* fs.exists(file))) continue
    const refuse = (problem: string) =>
      new InputError({ subject: file, problem, remedy: 'mend the file, or remove it to use the defaults' })
    const raw: unknown = name.endsWith('.ts')
      ? yield* Effect.tryPromise({
          try: async () => (await import(pathToFileURL(file).href)).default,
          catch: (cause) => refuse(`could not be loaded (${String(cause)})`),
        })
      : yield* fs.readFileString(file).pipe(
          Effect.flatMap((text) =>
            Effect.try({
              try: () => JSON.parse(text),
              catch: (cause) => refuse(`is not JSON (${String(cause)})`),
            }),
          ),
        )
    const parsed = schema.safeParse(raw)
    if (parsed.success) return parsed.data
    const issue = parsed.error.issues[0]!
    return yield* refuse(`field "${issue.path.join('.')}": ${issue.message}`)
  }
  return schema.parse({})
})
