import { access, readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { Effect } from 'effect'
import { z } from 'zod'
import { InputError } from '../../core/index.ts'
import type { Model } from '../architectures/index.ts'
import { limits } from '../limits.ts'
import type { ProcessorSettings } from '../processor/settings.ts'
import { type ChatTemplate, chatTemplate } from '../tokenizer/template.ts'
import { type Tokenizer, tokenizer } from '../tokenizer/tokenizer.ts'
import { readSafetensors, type Tensor } from './safetensors.ts'
import {
  type GenerationConfig,
  readChatTemplate,
  readGeneration,
  readImagePixels,
  readModel,
  readProcessor,
  readTokenizerFiles,
  type TextFiles,
  textFiles,
} from './settings.ts'
import { isShardName } from './shard-name.ts'

/** Everything of a checkpoint but its weights: enough to turn messages into token ids and pixels. */
export interface Preprocessing {
  /** The folder, for messages. */
  readonly folder: string
  readonly model: Model
  readonly generation: GenerationConfig
  /** The token that ends a turn: what a reply is scored and trained to end with. */
  readonly endToken: number | undefined
  readonly tokenizer: Tokenizer
  readonly template: ChatTemplate
  readonly processor: ProcessorSettings
  /** Fewest pixels of an image, as its image processor has them; null where no file says. */
  readonly imagePixels: number | null
  /** The text files as read, so that they can be written back unchanged. */
  readonly files: TextFiles
}

export interface Checkpoint extends Preprocessing {
  /** Weights by Hugging Face name, exactly those of `model.shapes`. */
  readonly tensors: Map<string, Tensor>
  /** The file that holds each weight, so that the layout can be written back. */
  readonly shards: ReadonlyMap<string, string>
  /** The name of each weight in its file, where that is another one (see `Model.aliases`). */
  readonly stored: ReadonlyMap<string, string>
}

const single = 'model.safetensors'
const index = 'model.safetensors.index.json'

const asInputError = (folder: string) => (cause: unknown) =>
  cause instanceof InputError
    ? cause
    : new InputError({
        subject: folder,
        problem: `cannot be read (${cause instanceof Error ? cause.message : cause})`,
        remedy: 'check that the folder exists and is readable',
      })

/** A tokenizer of another model would put the frames and images in the wrong places, or ask for embeddings that are not there. */
const checkTokens = (folder: string, model: Model, words: Tokenizer) => {
  const pads = (['video', 'image'] as const).map((kind) => [kind, words.idOf(`<|${kind}_pad|>`)] as const)
  const odd = pads.find(([kind, id]) => id !== model.tokens[kind])
  const highest = Math.max(...words.specialIds)
  if (odd === undefined && highest < model.text.vocabSize) return
  throw new InputError({
    subject: `${folder}/tokenizer.json`,
    problem:
      odd === undefined
        ? `has token ${highest}, config.json a vocabulary of ${model.text.vocabSize}`
        : `has <|${odd[0]}_pad|> as ${odd[1] ?? 'no token'}, config.json as ${model.tokens[odd[0]]}`,
    remedy: 'use the tokenizer that belongs to the config.json in the same folder',
  })
}

/** Patches of another size would not fit the vision tower. */
const checkPatches = (folder: string, { vision }: Model, settings: ProcessorSettings) => {
  const { patchSize, temporalPatchSize, mergeSize } = settings
  if (mergeSize === vision.mergeSize && vision.patchLength === 3 * temporalPatchSize * patchSize ** 2) return
  throw new InputError({
    subject: folder,
    problem: `its preprocessor cuts patches of ${temporalPatchSize} x ${patchSize} x ${patchSize}, merged by ${mergeSize}, which config.json does not`,
    remedy: 'use the preprocessor files that belong to the config.json in the same folder',
  })
}

/** Understands the text files of a checkpoint. Throws `InputError`. */
export const preprocessing = (folder: string, files: TextFiles): Preprocessing => {
  const model = readModel(folder, files)
  const texts = readTokenizerFiles(folder, files)
  const words = tokenizer(texts.tokenizer, texts.config, { subject: `${folder}/tokenizer.json` })
  checkTokens(folder, model, words)
  const processor = readProcessor(folder, files, model.processor)
  checkPatches(folder, model, processor)
  const generation = readGeneration(folder, files)
  const end = words.endId
  const ends = generation.eosTokenIds.length > 0 || end === undefined ? generation.eosTokenIds : [end]
  return {
    folder,
    model,
    generation: { ...generation, eosTokenIds: ends },
    // Of several that stop generation, the tokenizer's own closes a turn of the chat template.
    endToken: end !== undefined && ends.includes(end) ? end : ends[0],
    tokenizer: words,
    template: chatTemplate(readChatTemplate(folder, files), { subject: `${folder} chat template` }),
    processor,
    imagePixels: readImagePixels(folder, files),
    files,
  }
}

const missing = (cause: NodeJS.ErrnoException) => {
  if (cause.code === 'ENOENT') return undefined
  throw cause
}

/** The text of one of a checkpoint's files; undefined where there is none. */
const readBounded = async (file: string): Promise<string | undefined> => {
  const found = await stat(file).catch(missing)
  if (found === undefined) return undefined
  if (found.size > limits.textBytes) {
    throw new InputError({
      subject: file,
      problem: `is ${found.size} bytes long, a text file of a checkpoint has at most ${limits.textBytes}`,
      remedy: 'download the file again',
    })
  }
  return readFile(file, 'utf8')
}

const readTexts = async (folder: string): Promise<TextFiles> => {
  const files = new Map<string, string>()
  for (const name of textFiles) {
    const text = await readBounded(path.join(folder, name))
    if (text !== undefined) files.set(name, text)
  }
  return files
}

const exists = (file: string) =>
  access(file).then(
    () => true,
    () => false,
  )

const indexSchema = z.object({ weight_map: z.record(z.string(), z.string()) })

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Which file holds which weight: one file for all, or as the index says. */
const weightFiles = async (folder: string, names: Iterable<string>): Promise<Map<string, string>> => {
  if (await exists(path.join(folder, single))) return new Map(Array.from(names, (name) => [name, single]))
  const subject = path.join(folder, index)
  const text = await readBounded(subject)
  if (text === undefined) {
    throw new InputError({
      subject: path.join(folder, single),
      problem: `is missing, and so is ${index}`,
      remedy: 'download the weights, or convert them to safetensors',
    })
  }
  const parsed = indexSchema.safeParse(jsonOf(text))
  if (!parsed.success) {
    throw new InputError({ subject, problem: 'has no weight_map', remedy: 'download the file again' })
  }
  const stray = Object.entries(parsed.data.weight_map).find(([, file]) => !isShardName(file))
  if (stray !== undefined) {
    throw new InputError({
      subject: `${subject} weight_map.${stray[0]}`,
      problem: `names ${JSON.stringify(stray[1])}, which is not a safetensors file in this folder`,
      remedy: 'use file names without folders, as published indexes have them',
    })
  }
  const known = parsed.data.weight_map
  return new Map(Array.from(names, (name) => [name, known[name] ?? '']))
}

const readWeights = async (folder: string, model: Model) => {
  const shapes = model.shapes
  const candidates = new Map(Array.from(shapes.keys(), (name) => [name, [name, ...model.aliases(name)]]))
  const wanted = new Set([...candidates.values()].flat())
  const places = await weightFiles(folder, wanted)
  const tensors = new Map<string, Tensor>()
  const shards = new Map<string, string>()
  const stored = new Map<string, string>()
  const opened = new Map<string, Map<string, Tensor>>()
  for (const [name, shape] of shapes) {
    const names = candidates.get(name)!
    const file = names.map((one) => places.get(one) ?? '').find((one) => one !== '') ?? ''
    if (file !== '' && !opened.has(file)) {
      const subject = path.join(folder, file)
      if (!(await exists(subject))) {
        throw new InputError({ subject, problem: 'is missing', remedy: 'download the shard' })
      }
      opened.set(file, await readSafetensors(subject, wanted))
    }
    const inFile = opened.get(file)
    const own = names.find((one) => inFile?.has(one)) ?? name
    const tensor = inFile?.get(own)
    if (tensor === undefined) {
      throw new InputError({
        subject: path.join(folder, file === '' ? index : file),
        problem: `contains no tensor ${name}`,
        remedy: 'use weights that belong to the config.json in the same folder',
      })
    }
    if (tensor.shape.join() !== shape.join()) {
      throw new InputError({
        subject: path.join(folder, file),
        problem: `tensor ${name} has shape [${tensor.shape.join(', ')}], config.json asks for [${shape.join(', ')}]`,
        remedy: 'use weights that belong to the config.json in the same folder',
      })
    }
    tensors.set(name, tensor)
    shards.set(name, file)
    if (own !== name) stored.set(name, own)
  }
  return { tensors, shards, stored }
}

/** Reads the configuration alone: enough to know how large the model is. */
export const readCheckpointModel = (folder: string): Effect.Effect<Model, InputError> =>
  Effect.tryPromise({
    try: async () => {
      const text = await readBounded(path.join(folder, 'config.json'))
      return readModel(folder, new Map(text === undefined ? [] : [['config.json', text]]))
    },
    catch: asInputError(folder),
  })

/** Reads all of a Hugging Face checkpoint folder but the weights. */
export const readPreprocessing = (folder: string): Effect.Effect<Preprocessing, InputError> =>
  Effect.tryPromise({
    try: async () => preprocessing(folder, await readTexts(folder)),
    catch: asInputError(folder),
  })

/**
 * Reads a Hugging Face checkpoint folder: configuration, tokenizer, chat template, preprocessor settings and weights
 * (single or sharded safetensors; float32, float16 or bfloat16). Fails with an `InputError` that names the file and the
 * field or tensor.
 */
export const readCheckpoint = (folder: string): Effect.Effect<Checkpoint, InputError> =>
  Effect.tryPromise({
    try: async () => {
      const rest = preprocessing(folder, await readTexts(folder))
      return { ...rest, ...(await readWeights(folder, rest.model)) }
    },
    catch: asInputError(folder),
  })
