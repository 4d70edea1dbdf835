import { rotate } from '../attention.ts'
import { mul, neg, sub } from '../elementwise.ts'
import type { Value } from '../graph.ts'
import { matmul } from '../matmul.ts'
import { reduceSum } from '../reduce.ts'
import { tallProduct } from './matmul.ts'
import type { Rules } from './rule.ts'

export const attentions: Rules = {
  // The transpose of a rotation is the rotation back.
  RotaryEmbedding: ({ gradient, inputs: [, cosine, sine] }) => [rotate(gradient, cosine!, neg(sine!))],
  Attention: ({ gradient, output, node, inputs: [shares], needs }) => {
    const [rows, k, v] = node.parents as [Value, Value, Value]
    const { scale } = node.saved as { scale: number }
    // sum(dP P) over keys equals sum(dO O) over features: no pass over the score matrix for it.
    const dots = reduceSum(mul(gradient, output), [3], true)
    const forScores = mul(shares!, sub(matmul(gradient, v, { transB: true }), dots))
    return [
      needs[0] ? matmul(forScores, k, { alpha: scale }) : undefined,
      needs[1] ? tallProduct(forScores, rows, scale) : undefined,
      needs[2] ? tallProduct(shares!, gradient) : undefined,
    ]
  },
}
