import { add, equal, exp, mul, sub, where } from '../elementwise.ts'
import { iota } from '../gather.ts'
import type { Value } from '../graph.ts'
import { gemm } from '../matmul.ts'
import { concat, reshape } from '../reshape.ts'
import { blocksOf, rowsAfter } from '../vocabulary.ts'
import { tallProduct } from './matmul.ts'
import type { Rules } from './rule.ts'

export const vocabularies: Rules = {
  // The scores' gradient is (token - softmax) x gradient; each block's is used up before the next is computed.
  TokenStatistics: ({ gradient, inputs: [, logSum], node, needs }) => {
    const [hidden, head, tokens] = node.parents as [Value, Value, Value]
    const { width } = node.saved as { width: number }
    const column = reshape(tokens, [-1, 1])
    const one = hidden.graph.constant(1)
    const forHead: Array<Value> = []
    let forHidden: Value | undefined
    let done: ReadonlyArray<Value> = [gradient]
    for (const [start, end] of blocksOf(head.shape[0] as number, width)) {
      const { start: first, rows: block } = rowsAfter(head, start, end, done)
      const shares = exp(sub(gemm(hidden, block, { transB: true }), logSum!))
      const places = iota(hidden, end - start)
      const hits = equal(sub(column, first), places)
      const forScores = mul(sub(where(hits, one, 0), shares), gradient)
      const ofHidden = needs[0] ? gemm(forScores, block) : undefined
      const ofHead = needs[1] ? tallProduct(forScores, hidden) : undefined
      if (ofHead !== undefined) forHead.push(ofHead)
      if (ofHidden !== undefined) forHidden = forHidden === undefined ? ofHidden : add(forHidden, ofHidden)
      done = [forHidden, ofHead].filter((each) => each !== undefined)
    }
    return [forHidden, needs[1] ? concat(forHead, 0) : undefined]
  },
}
