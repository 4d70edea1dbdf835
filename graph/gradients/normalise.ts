import { sizeOf } from '../dims.ts'
import { add, exp, mul, square, sub } from '../elementwise.ts'
import type { Value } from '../graph.ts'
import { gemm } from '../matmul.ts'
import { reduceMean, reduceSum } from '../reduce.ts'
import { reshape } from '../reshape.ts'
import { numberOf, type Rules } from './rule.ts'
import { sumTo } from './sum-to.ts'

export const normalisations: Rules = {
  Softmax: (step) => {
    const { gradient, output } = step
    const dots = reduceSum(mul(gradient, output), [numberOf(step, 'axis')], true)
    return [mul(output, sub(gradient, dots))]
  },
  LogSoftmax: (step) => {
    const { gradient, output } = step
    return [sub(gradient, mul(exp(output), reduceSum(gradient, [numberOf(step, 'axis')], true)))]
  },
  SimplifiedLayerNormalization: ({ gradient, inputs, node, needs }) => {
    const [x, weight] = inputs as [Value, Value]
    const inverse = node.outputs[1]!
    const width = weight.shape[0] as number
    const rows = sizeOf(x.shape.slice(0, -1))
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
  LayerNormalization: ({ gradient, inputs, node, needs }) => {
    const [x, weight, bias] = inputs as [Value, Value, Value]
    const [, mean, inverse] = node.outputs as [Value, Value, Value]
    const centred = mul(sub(x, mean), inverse)
    const scaled = mul(gradient, weight)
    const projected = add(
      mul(centred, reduceMean(mul(scaled, centred), [-1], true)),
      reduceMean(scaled, [-1], true),
    )
    return [
      needs[0] ? mul(sub(scaled, projected), inverse) : undefined,
      needs[1] ? sumTo(mul(gradient, centred), weight.shape) : undefined,
      needs[2] ? sumTo(gradient, bias.shape) : undefined,
    ]
  },
}
