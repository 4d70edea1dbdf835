import type { Tensor } from 'onnxruntime-node'
import type { Model } from './architectures/index.ts'
import { type Tensors, tensor } from './session.ts'

/** Weights by Hugging Face name. */
export type WeightMap = ReadonlyMap<string, Float32Array>

/** The weights that a graph takes as inputs, over the same memory. */
export const weightFeeds = (model: Model, weights: WeightMap): Tensors => {
  const feeds: Record<string, Tensor> = {}
  for (const [name, shape] of model.shapes) {
    const data = weights.get(name)
    if (data !== undefined) feeds[name] = tensor('float32', data, shape)
  }
  return feeds
}

/** Only the feeds that a session has inputs for: the runtime refuses the others. */
export const only = (feeds: Tensors, inputs: ReadonlyArray<string>): Tensors =>
  Object.fromEntries(inputs.flatMap((name) => (feeds[name] === undefined ? [] : [[name, feeds[name]]])))
