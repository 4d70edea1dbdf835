import type { Value } from '../graph.ts'
import { gemm, matmul } from '../matmul.ts'
import { transpose } from '../reshape.ts'
import { numberOf, type Rules, type Step } from './rule.ts'
import { sumTo } from './sum-to.ts'

/**
 * `alpha a^T b` for long matrices, as gradients of weights are. Kernels gather a transposed first operand anew for
 * every block of columns, so the narrower one takes that place and the small result is turned where need be
 * (measured: a third off an attention's key gradient, 7 % off a whole training step).
 */
export const tallProduct = (a: Value, b: Value, alpha = 1): Value => {
  const [wideA, wideB] = [a.shape.at(-1)!, b.shape.at(-1)!]
  const narrowA = typeof wideA === 'number' && (typeof wideB !== 'number' || wideA <= wideB)
  if (narrowA) return matmul(a, b, { transA: true, alpha })
  const turned = matmul(b, a, { transA: true, alpha })
  // The operands' batches may broadcast, so the rank is the result's.
  const rank = turned.shape.length
  return transpose(turned, [...Array(rank - 2).keys(), rank - 1, rank - 2])
}

/** The gradients of a product of two matrices (or batches of them) under any transposition. */
const ofProduct = (step: Step, product: typeof matmul): readonly (Value | undefined)[] => {
  const { gradient, inputs, needs, attributes } = step
  const [a, b] = inputs as [Value, Value]
  const [transA, transB] = [attributes.transA === 1, attributes.transB === 1]
  const alpha = attributes.alpha === undefined ? 1 : numberOf(step, 'alpha')
  const forA = () =>
    transA
      ? product(b, gradient, { transA: transB, transB: true, alpha })
      : product(gradient, b, { transB: !transB, alpha })
  const forB = () => {
    if (transA) {
      return product(transB ? gradient : a, transB ? a : gradient, { transA: transB, transB, alpha })
    }
    return transB ? tallProduct(gradient, a, alpha) : tallProduct(a, gradient, alpha)
  }
  return [needs[0] ? forA() : undefined, needs[1] ? forB() : undefined]
}

const batched = (step: Step): readonly (Value | undefined)[] =>
  ofProduct(step, matmul).map((each, index) => each && sumTo(each, step.inputs[index]!.shape))

export const products: Rules = {
  Gemm: (step) => {
    const [, , bias] = step.node.inputs
    return [
      ...ofProduct(step, gemm),
      bias !== undefined && step.needs[2] ? sumTo(step.gradient, bias.shape) : undefined,
    ]
  },
  MatMul: batched,
  FusedMatMul: batched,
}
