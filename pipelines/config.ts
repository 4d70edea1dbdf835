import { pathToFileURL } from 'node:url'
import { Effect, FileSystem, Layer, Path } from 'effect'
import { z } from 'zod'
import { agents } from '../agents/index.ts'
import { firstIssue, InputError } from '../core/index.ts'
import { catalogue, type OwnData, OwnDatasets } from '../datasets/index.ts'
import { parseJson, requireText } from '../files/index.ts'
import { openaiSettingsSchema, overridesSchema } from '../models/index.ts'

/** A checkpoint folder, a name on the hub or the name that servers know, and what is set of its profile. */
const modelSchema = overridesSchema.extend({ name: z.string() })

/** The location of a dataset's files; for own data also their format and the suite that scores it. */
const datasetSchema = z.strictObject({
  annotations: z.string().min(1),
  videos: z.string().min(1).optional(),
  /** Name of the dataset whose format the files have: `jsonl`, `csv`, `parquet`, or a published one. */
  format: z.enum(Object.keys(catalogue)).optional(),
  /** Name of the suite whose rules `spanwise eval` applies to it. */
  suite: z.string().optional(),
})

const datasetsSchema = z.record(z.string(), datasetSchema).check(({ value, issues }) => {
  for (const [name, { format, suite }] of Object.entries(value)) {
    const published = Object.hasOwn(catalogue, name)
    const message =
      !published && format === undefined
        ? `not a published dataset: set its "format" (jsonl, csv, parquet, ...)`
        : published && (format ?? name) !== name
          ? 'is the name of a published dataset: choose another'
          : !/^[\w.-]+$/.test(name)
            ? 'a name has letters, digits, "-", "_" and "." only'
            : published && suite !== undefined
              ? 'a published dataset has its own suite'
              : null
    if (message !== null) issues.push({ code: 'custom', input: value, path: [name], message })
  }
})

const schema = z.strictObject({
  /** The location of each dataset's files. */
  datasets: datasetsSchema.default({}),
  /** The default dataset if several are configured. */
  default: z.string().optional(),
  /** The model of agents, training and evaluation: a folder or name, optionally with settings of its profile. */
  model: z.union([z.string(), modelSchema]).optional(),
  /** Models by short names, for `--model`. */
  models: z.record(z.string(), modelSchema).default({}),
  device: z.enum(['cpu', 'webgpu']).default('cpu'),
  /** Threads of onnxruntime and of the decoders; 0 uses all cores. */
  threads: z.int().min(0).default(0),
  /** What runs the model: the embedded engine, or servers with these settings. */
  backend: z
    .discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('embedded') }),
      openaiSettingsSchema.partial().extend({ kind: z.literal('openai') }),
    ])
    .default({ kind: 'embedded' }),
  /** Settings of the agents, e.g. the thresholds that `spanwise calibrate` chose; `--set` takes precedence. */
  agents: z.partialRecord(z.enum(Object.keys(agents)), z.record(z.string(), z.unknown())).optional(),
  /** Where runs are written. */
  runs: z.string().min(1).default('runs'),
})

/** Settings from the file and the defaults; flags of each command take precedence. */
export type Config = z.infer<typeof schema>

const names = ['spanwise.config.ts', 'spanwise.config.json'] as const

/** Reads `spanwise.config.ts` or `.json` from the working folder; defaults if there is none. */
export const loadConfig = Effect.fn('loadConfig')(function* () {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  for (const name of names) {
    const file = path.resolve(name)
    if (!(yield* fs.exists(file))) continue
    const refuse = (problem: string) =>
      new InputError({ subject: file, problem, remedy: 'fix the file, or remove it to use the defaults' })
    const raw: unknown = name.endsWith('.ts')
      ? yield* Effect.tryPromise({
          try: async () => (await import(pathToFileURL(file).href)).default,
          catch: (cause) => refuse(`could not be loaded (${String(cause)})`),
        })
      : yield* requireText(file).pipe(
          Effect.flatMap((text) => {
            const read = parseJson(text)
            return 'value' in read
              ? Effect.succeed(read.value)
              : Effect.fail(refuse(`line ${read.line}: ${read.problem}`))
          }),
        )
    const parsed = schema.safeParse(raw)
    if (parsed.success) return parsed.data
    return yield* refuse(firstIssue(parsed.error))
  }
  return schema.parse({})
})

/** The datasets of the configuration with their own format. */
export const ownData = ({ datasets }: Config): ReadonlyArray<OwnData> =>
  Object.entries(datasets).flatMap(([name, { format, suite }]) =>
    format === undefined || format === name
      ? []
      : [{ name, format, ...(suite === undefined ? {} : { suite }) }],
  )

/** Datasets of the configuration, looked up when a command first asks for one. */
export const ownDatasets = Layer.effect(
  OwnDatasets,
  Effect.gen(function* () {
    const context = yield* Effect.context<FileSystem.FileSystem | Path.Path>()
    return loadConfig().pipe(
      Effect.map(ownData),
      Effect.catchTag('PlatformError', (error) =>
        Effect.fail(
          new InputError({
            subject: 'spanwise.config',
            problem: error.message,
            remedy: 'check its permissions',
          }),
        ),
      ),
      Effect.provide(context),
    )
  }),
)
