import type { Graph, Value } from '../../graph/index.ts'
import type { Qwen3VlConfig } from './config.ts'

/** Gives the graph value of a weight by its Hugging Face name; the same value each time it is asked for. */
export type Weights = (name: string, shape: ReadonlyArray<number>) => Value

/** Weights that become parameters of `graph` when first used. */
export const graphWeights = (graph: Graph): Weights => {
  const known = new Map<string, Value>()
  return (name, shape) => {
    const found = known.get(name)
    if (found !== undefined) return found
    const value = graph.parameter(name, shape)
    known.set(name, value)
    return value
  }
}

const linear = (name: string, out: number, input: number): Array<[string, number[]]> => [
  [`${name}.weight`, [out, input]],
  [`${name}.bias`, [out]],
]
const layerNorm = (name: string, size: number): Array<[string, number[]]> => [
  [`${name}.weight`, [size]],
  [`${name}.bias`, [size]],
]

/**
 * Every tensor a Qwen3-VL checkpoint must hold, by Hugging Face name, with its shape. A checkpoint is checked against
 * this list, and a new model is initialised from it. `lm_head.weight` is absent when the embeddings are tied.
 */
export const weightShapes = (config: Qwen3VlConfig): ReadonlyMap<string, ReadonlyArray<number>> => {
  const { vision, text } = config
  const merged = vision.hiddenSize * vision.mergeSize ** 2
  const list: Array<[string, number[]]> = []
  const add = (...entries: Array<[string, number[]]>) => list.push(...entries)
  const merger = (name: string, norm: number) =>
    add(
      ...layerNorm(`${name}.norm`, norm),
      ...linear(`${name}.linear_fc1`, merged, merged),
      ...linear(`${name}.linear_fc2`, vision.outHiddenSize, merged),
    )
  add(
    [
      'model.visual.patch_embed.proj.weight',
      [vision.hiddenSize, vision.channels, vision.temporalPatchSize, vision.patchSize, vision.patchSize],
    ],
    ['model.visual.patch_embed.proj.bias', [vision.hiddenSize]],
    ['model.visual.pos_embed.weight', [vision.positions, vision.hiddenSize]],
  )
  for (let i = 0; i < vision.depth; i++) {
    const block = `model.visual.blocks.${i}`
    add(
      ...layerNorm(`${block}.norm1`, vision.hiddenSize),
      ...layerNorm(`${block}.norm2`, vision.hiddenSize),
      ...linear(`${block}.attn.qkv`, 3 * vision.hiddenSize, vision.hiddenSize),
      ...linear(`${block}.attn.proj`, vision.hiddenSize, vision.hiddenSize),
      ...linear(`${block}.mlp.linear_fc1`, vision.intermediateSize, vision.hiddenSize),
      ...linear(`${block}.mlp.linear_fc2`, vision.hiddenSize, vision.intermediateSize),
    )
  }
  merger('model.visual.merger', vision.hiddenSize)
  vision.deepstack.forEach((_, i) => {
    merger(`model.visual.deepstack_merger_list.${i}`, merged)
  })
  add(['model.language_model.embed_tokens.weight', [text.vocabSize, text.hiddenSize]])
  for (let i = 0; i < text.layers; i++) {
    const layer = `model.language_model.layers.${i}`
    add(
      [`${layer}.input_layernorm.weight`, [text.hiddenSize]],
      [`${layer}.self_attn.q_proj.weight`, [text.heads * text.headDim, text.hiddenSize]],
      [`${layer}.self_attn.k_proj.weight`, [text.kvHeads * text.headDim, text.hiddenSize]],
      [`${layer}.self_attn.v_proj.weight`, [text.kvHeads * text.headDim, text.hiddenSize]],
      [`${layer}.self_attn.o_proj.weight`, [text.hiddenSize, text.heads * text.headDim]],
      [`${layer}.self_attn.q_norm.weight`, [text.headDim]],
      [`${layer}.self_attn.k_norm.weight`, [text.headDim]],
      [`${layer}.post_attention_layernorm.weight`, [text.hiddenSize]],
      [`${layer}.mlp.gate_proj.weight`, [text.intermediateSize, text.hiddenSize]],
      [`${layer}.mlp.up_proj.weight`, [text.intermediateSize, text.hiddenSize]],
      [`${layer}.mlp.down_proj.weight`, [text.hiddenSize, text.intermediateSize]],
    )
  }
  add(['model.language_model.norm.weight', [text.hiddenSize]])
  if (!config.tieWordEmbeddings) add(['lm_head.weight', [text.vocabSize, text.hiddenSize]])
  return new Map(list)
}
