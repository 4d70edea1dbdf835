import { sumTo } from './broadcast.ts'
import { sizeOf } from './dims.ts'
import { add, exp, mul, square, sub } from './elementwise.ts'
import { ShapeError } from './error.ts'
import { axisOf, single, type Value } from './graph.ts'
import { gemm } from './matmul.ts'
import { reduceMean, reduceSum } from './reduce.ts'
import { reshape } from './reshape.ts'

/** exp(x) over its sum along an axis. */
export const softmax = (x: Value, axis = -1): Value => {
  const at = axisOf('softmax', x, axis)
  return single(
    x.graph,
    { op: 'Softmax', inputs: [x], attributes: { axis: at }, shape: x.shape },
    (gradient, y) => [mul(y, sub(gradient, reduceSum(mul(gradient, y), [at], true)))],
  )
}

/** Logarithm of `softmax`, computed stably. */
export const logSoftmax = (x: Value, axis = -1): Value => {
  const at = axisOf('logSoftmax', x, axis)
  return single(
    x.graph,
    { op: 'LogSoftmax', inputs: [x], attributes: { axis: at }, shape: x.shape },
    (gradient, y) => [sub(gradient, mul(exp(y), reduceSum(gradient, [at], true)))],
  )
}

/** `x / sqrt(mean(x^2) + eps) * weight` over the last axis. */
export const rmsNorm = (x: Value, weight: Value, eps: number): Value => {
  const width = x.shape.at(-1)
  if (weight.shape.length !== 1 || typeof width !== 'number' || weight.shape[0] !== width) {
    throw new ShapeError('rmsNorm', [x.shape, weight.shape], 'the weight does not fit the last axis')
  }
  const rows = sizeOf(x.shape.slice(0, -1))
  const [normed] = x.graph.node({
    op: 'SimplifiedLayerNormalization',
    inputs: [x, weight],
    attributes: { axis: -1, epsilon: { float: eps }, stash_type: 1 },
    outputs: [
      { dtype: 'float32', shape: x.shape },
      { dtype: 'float32', shape: [...x.shape.slice(0, -1), 1] },
    ],
    rule: ([gradient], needs) => {
      if (gradient === undefined) return []
      const inverse = inverseOf(normed!)
      // With t = g x (elementwise): both row sums the gradients need are products of t with a vector.
      const t = reshape(mul(gradient, x), [rows, width])
      const dots = gemm(t, reshape(weight, [width, 1]))
      const scale = reshape(inverse, [rows, 1])
      const shift = reshape(mul(mul(square(scale), 1 / width), dots), inverse.shape)
      return [
        needs[0] ? mul(sub(mul(gradient, weight), mul(x, shift)), inverse) : undefined,
        needs[1] ? reshape(gemm(scale, t, { transA: true }), weight.shape) : undefined,
      ]
    },
  })
  return normed!
}

const inverseOf = (normed: Value): Value =>
  normed.origin.kind === 'node' ? normed.origin.node.outputs.at(-1)! : normed

/** `(x - mean) / sqrt(variance + eps) * weight + bias` over the last axis. */
export const layerNorm = (x: Value, weight: Value, bias: Value, eps: number): Value => {
  const width = x.shape.at(-1)
  for (const each of [weight, bias]) {
    if (each.shape.length !== 1 || typeof width !== 'number' || each.shape[0] !== width) {
      throw new ShapeError('layerNorm', [x.shape, each.shape], 'weight and bias must fit the last axis')
    }
  }
  const column = [...x.shape.slice(0, -1), 1]
  const [normed] = x.graph.node({
    op: 'LayerNormalization',
    inputs: [x, weight, bias],
    attributes: { axis: -1, epsilon: { float: eps } },
    outputs: [
      { dtype: 'float32', shape: x.shape },
      { dtype: 'float32', shape: column },
      { dtype: 'float32', shape: column },
    ],
    rule: ([gradient], needs) => {
      if (gradient === undefined) return []
      const [, mean, inverse] = (normed!.origin as { node: { outputs: readonly Value[] } }).node.outputs
      const centred = mul(sub(x, mean!), inverse!)
      const scaled = mul(gradient, weight)
      const projected = add(
        mul(centred, reduceMean(mul(scaled, centred), [-1], true)),
        reduceMean(scaled, [-1], true),
      )
      return [
        needs[0] ? mul(sub(scaled, projected), inverse!) : undefined,
        needs[1] ? sumTo(mul(gradient, centred), weight.shape) : undefined,
        needs[2] ? sumTo(gradient, bias.shape) : undefined,
      ]
    },
  })
  return normed!
}
