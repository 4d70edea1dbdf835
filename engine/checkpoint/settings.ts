import { z } from 'zod'
import { InputError } from '../../core/index.ts'
import {
  type Architecture,
  architectures,
  type Model,
  type ProcessorDefaults,
} from '../architectures/index.ts'
import { type ProcessorSettings, videoSettings } from '../processor/settings.ts'

/** The text files of a checkpoint folder that are read, understood and written back. */
export const textFiles = [
  'config.json',
  'generation_config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'chat_template.jinja',
  'chat_template.json',
  'preprocessor_config.json',
  'video_preprocessor_config.json',
  'processor_config.json',
  'spanwise.json',
  'special_tokens_map.json',
  'added_tokens.json',
  'vocab.json',
  'merges.txt',
] as const

/** The texts of a checkpoint folder by file name. */
export type TextFiles = ReadonlyMap<string, string>

const ids = z.union([z.number().int(), z.array(z.number().int())]).nullish()

const generationSchema = z
  .object({
    eos_token_id: ids,
    pad_token_id: z.number().int().nullish(),
    temperature: z.number().positive().nullish(),
    top_p: z.number().min(0).max(1).nullish(),
    top_k: z.number().int().nonnegative().nullish(),
    do_sample: z.boolean().nullish(),
  })
  .transform((raw) => ({
    /** Ids that end a reply. */
    eosTokenIds: raw.eos_token_id == null ? [] : [raw.eos_token_id].flat(),
    padTokenId: raw.pad_token_id ?? undefined,
    temperature: raw.temperature ?? 1,
    topP: raw.top_p ?? 1,
    topK: raw.top_k ?? 0,
    sample: raw.do_sample ?? false,
  }))

export type GenerationConfig = z.output<typeof generationSchema>

const missing = (folder: string, file: string) =>
  new InputError({
    subject: `${folder}/${file}`,
    problem: 'is missing',
    remedy: 'point to a complete Hugging Face checkpoint folder',
  })

/** Parses one JSON text and checks it; the error names the file, the field and what is wrong. */
const parse = <Out>(folder: string, file: string, text: string, schema: z.ZodType<Out>): Out => {
  const subject = `${folder}/${file}`
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (cause) {
    const problem = `is not JSON (${cause instanceof Error ? cause.message : cause})`
    throw new InputError({ subject, problem, remedy: 'restore the file' })
  }
  const parsed = schema.safeParse(json)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw new InputError({
    subject: `${subject}${issue && issue.path.length > 0 ? ` ${issue.path.join('.')}` : ''}`,
    problem: issue?.message ?? 'is not as expected',
    remedy: 'use a checkpoint of a supported architecture, or correct the field',
  })
}

const required = <Out>(folder: string, files: TextFiles, file: string, schema: z.ZodType<Out>): Out => {
  const text = files.get(file)
  if (text === undefined) throw missing(folder, file)
  return parse(folder, file, text, schema)
}

/** The model that config.json describes. Throws `InputError` for an architecture the engine does not know. */
export const readModel = (folder: string, files: TextFiles): Model => {
  const kind = required(folder, files, 'config.json', z.object({ model_type: z.string().default('(none)') }))
  const known = new Map<string, Architecture>(Object.entries(architectures))
  const architecture = known.get(kind.model_type)
  if (architecture === undefined) {
    throw new InputError({
      subject: `${folder}/config.json model_type`,
      problem: `architecture ${kind.model_type} is not supported`,
      remedy: `use a checkpoint of one of: ${[...known.keys()].join(', ')}`,
    })
  }
  return required(folder, files, 'config.json', architecture.model)
}

/** What ends and shapes generation; without the file, the end token of the tokenizer. */
export const readGeneration = (folder: string, files: TextFiles): GenerationConfig =>
  parse(folder, 'generation_config.json', files.get('generation_config.json') ?? '{}', generationSchema)

const anything = z.record(z.string(), z.unknown())

/** tokenizer.json and tokenizer_config.json. */
export const readTokenizerFiles = (folder: string, files: TextFiles) => ({
  tokenizer: required(folder, files, 'tokenizer.json', anything),
  config: required(folder, files, 'tokenizer_config.json', anything),
})

const withTemplate = z.object({ chat_template: z.string().nullish() })

/** The chat template from wherever the checkpoint keeps it: its own file, or a field of a JSON file. */
export const readChatTemplate = (folder: string, files: TextFiles): string => {
  const own = files.get('chat_template.jinja')
  if (own !== undefined) return own
  for (const file of ['chat_template.json', 'processor_config.json', 'tokenizer_config.json']) {
    const text = files.get(file)
    const template = text === undefined ? undefined : parse(folder, file, text, withTemplate).chat_template
    if (template != null) return template
  }
  throw missing(folder, 'chat_template.jinja')
}

const imageSize = z.object({
  size: z.object({ shortest_edge: z.number().positive().nullish() }).nullish(),
  min_pixels: z.number().positive().nullish(),
})

/** Fewest pixels of an image, from the image processor's own file or the nested one; null where none says. */
export const readImagePixels = (folder: string, files: TextFiles): number | null => {
  const read = (file: string, schema: z.ZodType<z.output<typeof imageSize> | undefined>) => {
    const text = files.get(file)
    const found = text === undefined ? undefined : parse(folder, file, text, schema)
    return found?.min_pixels ?? found?.size?.shortest_edge
  }
  const nested = z
    .object({ image_processor: imageSize.optional() })
    .transform(({ image_processor: settings }) => settings)
  return read('processor_config.json', nested) ?? read('preprocessor_config.json', imageSize) ?? null
}

/** Settings of the video processor, from its own file or from the nested one that transformers 5 writes. */
export const readProcessor = (
  folder: string,
  files: TextFiles,
  defaults: ProcessorDefaults,
): ProcessorSettings => {
  const schema = videoSettings(defaults)
  const nested = files.get('processor_config.json')
  if (nested !== undefined) {
    const { video_processor: settings } = parse(
      folder,
      'processor_config.json',
      nested,
      z.object({ video_processor: schema.optional() }),
    )
    if (settings !== undefined) return settings
  }
  for (const file of ['video_preprocessor_config.json', 'preprocessor_config.json']) {
    const text = files.get(file)
    if (text !== undefined) return parse(folder, file, text, schema)
  }
  throw missing(folder, 'video_preprocessor_config.json')
}
