import { ShapeError } from './error.ts'
import { axisOf, single, type Value } from './graph.ts'

/** exp(x) over its sum along an axis. */
export const softmax = (x: Value, axis = -1): Value => {
  const at = axisOf('softmax', x, axis)
  return single(x.graph, { op: 'Softmax', inputs: [x], attributes: { axis: at }, shape: x.shape })
}

/** Logarithm of `softmax`, computed stably. */
export const logSoftmax = (x: Value, axis = -1): Value => {
  const at = axisOf('logSoftmax', x, axis)
  return single(x.graph, { op: 'LogSoftmax', inputs: [x], attributes: { axis: at }, shape: x.shape })
}

/** `x / sqrt(mean(x^2) + eps) * weight` over the last axis. */
export const rmsNorm = (x: Value, weight: Value, eps: number): Value => {
  const width = x.shape.at(-1)
  if (weight.shape.length !== 1 || typeof width !== 'number' || weight.shape[0] !== width) {
    throw new ShapeError('rmsNorm', [x.shape, weight.shape], 'the weight does not fit the last axis')
  }
  return x.graph.node({
    op: 'SimplifiedLayerNormalization',
    inputs: [x, weight],
    attributes: { axis: -1, epsilon: { float: eps }, stash_type: 1 },
    outputs: [
      { dtype: 'float32', shape: x.shape },
      { dtype: 'float32', shape: [...x.shape.slice(0, -1), 1] },
    ],
  })[0]!
}

/** `(x - mean) / sqrt(variance + eps) * weight + bias` over the last axis. */
export const layerNorm = (x: Value, weight: Value, bias: Value, eps: number): Value => {
  const width = x.shape.at(-1)
  for (const each of [weight, bias]) {
    if (each.shape.length !== 1 || typeof width !== 'number' || each.shape[0] !== width) {
      throw new ShapeError('layerNorm', [x.shape, each.shape], 'weight and bias must fit the last axis')
    }
  }
  const column = [...x.shape.slice(0, -1), 1]
  return x.graph.node({
    op: 'LayerNormalization',
    inputs: [x, weight, bias],
    attributes: { axis: -1, epsilon: { float: eps } },
    outputs: [
      { dtype: 'float32', shape: x.shape },
      { dtype: 'float32', shape: column },
      { dtype: 'float32', shape: column },
    ],
  })[0]!
}
