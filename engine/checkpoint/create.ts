import { type Random, random } from '../../core/index.ts'
import { architectures, type Model } from '../architectures/index.ts'
import { type Checkpoint, preprocessing } from './checkpoint.ts'
import type { Tensor } from './safetensors.ts'

/** Sizes of a new model, and the seed of its weights. */
export type NewModel = Parameters<typeof architectures.qwen3_vl.newFiles>[0] & {
  readonly seed: number | string
}

/** A new checkpoint with random weights in Qwen3-VL's layout. */
export const createCheckpoint = (folder: string, sizes: NewModel): Checkpoint => {
  const rest = preprocessing(folder, architectures.qwen3_vl.newFiles(sizes))
  const tensors = initialWeights(rest.model, sizes.seed)
  const shards = new Map(Array.from(tensors.keys(), (name) => [name, 'model.safetensors']))
  return { ...rest, tensors, shards, stored: new Map() }
}

/**
 * Random weights for a model that is trained from nothing: matrices normal with variance one over their inputs, norms
 * one, biases zero. The paths that add to the residual stream start smaller, by the root of their number and by
 * `quiet`, so that what a token is is not drowned by what the untrained blocks add to it.
 */
export const initialWeights = (model: Model, seed: number | string): Map<string, Tensor> => {
  const tensors = new Map<string, Tensor>()
  for (const [name, shape] of model.shapes) {
    const data = new Float32Array(shape.reduce((product, length) => product * length, 1))
    if (shape.length > 1)
      fillNormal(data, initialDeviation(model, name, shape), random(seed, 'weights', name))
    else if (name.endsWith('.weight')) data.fill(1)
    tensors.set(name, { shape, type: 'F32', data })
  }
  return tensors
}

const quiet = 0.3

/** Standard deviation of a new matrix; see `initialWeights`. */
export const initialDeviation = (model: Model, name: string, shape: ReadonlyArray<number>): number => {
  if (name.endsWith('pos_embed.weight')) return 0.02
  const inputs = shape.slice(1).reduce((product, length) => product * length, 1)
  const branches = name.startsWith('model.visual.') ? 2 * model.vision.depth : 2 * model.text.layers
  const residual = /(attn\.proj|mlp\.linear_fc2|o_proj|down_proj)\.weight$/.test(name)
  return inputs ** -0.5 * (residual ? quiet * branches ** -0.5 : 1)
}

const fillNormal = (data: Float32Array, deviation: number, generator: Random) => {
  for (let i = 0; i < data.length; i++) data[i] = generator.normal(0, deviation)
}
