import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'

/** What an estimate needs of a model. */
export interface ModelSize {
  /** Of the decoder with its embeddings, and of the vision tower. */
  readonly language: number
  readonly vision: number
  readonly layers: number
  readonly hidden: number
  readonly intermediate: number
  /** Numbers that a token keeps in the cache of a layer: keys and values. */
  readonly cached: number
  readonly visionLayers: number
  readonly visionHidden: number
}

const positive = z.number().positive()
const text = z.object({
  hidden_size: positive,
  intermediate_size: positive,
  num_hidden_layers: positive,
  num_attention_heads: positive,
  num_key_value_heads: positive.optional(),
  head_dim: positive.optional(),
  vocab_size: positive,
  tie_word_embeddings: z.boolean().optional(),
})
const config = z.object({
  text_config: text.optional(),
  tie_word_embeddings: z.boolean().optional(),
  vision_config: z.object({
    depth: positive,
    hidden_size: positive,
    embed_dim: positive.optional(),
    intermediate_size: positive.optional(),
    mlp_ratio: positive.optional(),
  }),
})

/** The size that a config.json of the Qwen-VL families describes; null for another. */
export const sizeOfConfig = (json: unknown): ModelSize | null => {
  const parsed = config.safeParse(json)
  if (!parsed.success) return null
  // Qwen2-VL and Qwen2.5-VL keep the decoder's fields at the top.
  const decoder = text.safeParse(parsed.data.text_config ?? json)
  if (!decoder.success) return null
  const { hidden_size: hidden, intermediate_size: intermediate, num_hidden_layers: layers } = decoder.data
  const heads = decoder.data.num_attention_heads
  const shared = decoder.data.num_key_value_heads ?? heads
  const width = decoder.data.head_dim ?? hidden / heads
  const layer = hidden * width * (2 * heads + 2 * shared) + 3 * hidden * intermediate
  const tied = decoder.data.tie_word_embeddings ?? parsed.data.tie_word_embeddings ?? false
  const tower = parsed.data.vision_config
  const visionHidden = tower.embed_dim ?? tower.hidden_size
  const wide = tower.intermediate_size ?? visionHidden * (tower.mlp_ratio ?? 4)
  return {
    language: layers * layer + (tied ? 1 : 2) * decoder.data.vocab_size * hidden,
    vision: tower.depth * (4 * visionHidden ** 2 + 2 * visionHidden * wide) + 4 * visionHidden * hidden * 4,
    layers,
    hidden,
    intermediate,
    cached: 2 * shared * width,
    visionLayers: tower.depth,
    visionHidden,
  }
}

const qwen3Vision = { vision: 0.41e9, visionLayers: 24, visionHidden: 1024 }
const qwen25Vision = { vision: 0.67e9, visionLayers: 32, visionHidden: 1280 }

/** Published sizes of models that are not on this machine, by a part of their names. */
const published: ReadonlyArray<readonly [RegExp, ModelSize]> = [
  [
    /qwen3-vl-2b/i,
    { language: 1.72e9, layers: 28, hidden: 2048, intermediate: 6144, cached: 2048, ...qwen3Vision },
  ],
  [
    /qwen3-vl-4b/i,
    { language: 4.02e9, layers: 36, hidden: 2560, intermediate: 9728, cached: 2048, ...qwen3Vision },
  ],
  [
    /qwen3-vl-8b/i,
    {
      ...{ language: 8.19e9, layers: 36, hidden: 4096, intermediate: 12288, cached: 2048 },
      ...{ vision: 0.58e9, visionLayers: 27, visionHidden: 1152 },
    },
  ],
  [
    /qwen3-vl-32b/i,
    {
      ...{ language: 32.8e9, layers: 64, hidden: 5120, intermediate: 25600, cached: 2048 },
      ...{ vision: 0.58e9, visionLayers: 27, visionHidden: 1152 },
    },
  ],
  [
    /qwen2\.5-vl-3b/i,
    { language: 3.09e9, layers: 36, hidden: 2048, intermediate: 11008, cached: 512, ...qwen25Vision },
  ],
  [
    /qwen2\.5-vl-7b/i,
    { language: 7.62e9, layers: 28, hidden: 3584, intermediate: 18944, cached: 1024, ...qwen25Vision },
  ],
  [
    /qwen2-vl-2b/i,
    { language: 1.54e9, layers: 28, hidden: 1536, intermediate: 8960, cached: 512, ...qwen25Vision },
  ],
  [
    /qwen2-vl-7b/i,
    { language: 7.62e9, layers: 28, hidden: 3584, intermediate: 18944, cached: 1024, ...qwen25Vision },
  ],
]

/** Size of a model: from the configuration in its folder, or as published; null where neither is known. */
export const modelSize = (model: string): ModelSize | null => {
  const file = join(model, 'config.json')
  if (existsSync(file)) {
    try {
      return sizeOfConfig(JSON.parse(readFileSync(file, 'utf8')))
    } catch {
      return null
    }
  }
  return published.find(([name]) => name.test(model))?.[1] ?? null
}
