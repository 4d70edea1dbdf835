import { addDims } from './dims.ts'
import { add, cast, exp, less, mul, neg, sub } from './elementwise.ts'
import { ShapeError } from './error.ts'
import { gather } from './gather.ts'
import { requireType, single, type Value } from './graph.ts'
import { gemm } from './matmul.ts'
import { logSumExp, reduceSum } from './reduce.ts'
import { concat, reshape, slice } from './reshape.ts'

/** int64 [1]: a zero that the runtime cannot know before `value` has been computed. */
const zeroAfter = (value: Value): Value => {
  const first = value.shape.reduce<Value>((part, _, axis) => slice(part, { axis, end: 1 }), value)
  const one = reshape(first, [1])
  return cast(less(one, one), 'int64')
}

/** Consecutive rows of a matrix, and their place in it. */
export interface Rows {
  /** int64 [1]: the first row. */
  readonly start: Value
  readonly rows: Value
}

/**
 * Rows `start` up to `end` of a matrix, cut out when all of `after` have been computed. The runtime orders operators as
 * it likes; without a dependency it would compute the scores of all blocks before it uses the first.
 */
export const rowsAfter = (matrix: Value, start: number, end: number, after: ReadonlyArray<Value>): Rows => {
  const { graph, shape } = matrix
  const vector = (value: number) => graph.constant([value], [1], 'int64')
  const from = after.map(zeroAfter).reduce(add, vector(start))
  const inputs = [matrix, from, vector(end), vector(0)]
  const saved = { axis: 0, before: start, after: addDims(shape[0]!, -end) }
  const rows = single(graph, { op: 'Slice', inputs, shape: [end - start, ...shape.slice(1)], saved })
  return { start: from, rows }
}

/** First and last row (exclusive) of each block of at most `width` rows. */
export const blocksOf = (rows: number, width: number): ReadonlyArray<readonly [start: number, end: number]> =>
  Array.from({ length: Math.ceil(rows / width) }, (_, block) => [
    block * width,
    Math.min(rows, (block + 1) * width),
  ])

export interface TokenStatistics {
  /** [N]: log-probability of each row's token under softmax(hidden head^T). */
  readonly logProbs: Value
  /** [N]: entropy of that distribution in nats. */
  readonly entropy: Value
}

/**
 * Log-probabilities of tokens and entropies under softmax(hidden head^T), computed for `width` tokens of the vocabulary
 * at a time: the scores [N, V] never exist as a whole, neither here nor for the gradient, which computes them again.
 * hidden [N, D], head [V, D], tokens [N] (int64).
 */
export const tokenStatistics = (
  hidden: Value,
  head: Value,
  tokens: Value,
  width: number,
): TokenStatistics => {
  requireType('tokenStatistics', tokens, 'int64')
  const [rows, size] = hidden.shape
  const [vocabulary] = head.shape
  if (typeof vocabulary !== 'number' || head.shape[1] !== size || tokens.shape.join() !== String(rows)) {
    throw new ShapeError(
      'tokenStatistics',
      [hidden.shape, head.shape, tokens.shape],
      'expects hidden [N, D], head [V, D] and tokens [N]',
    )
  }
  const sums: Array<Value> = []
  /** Minus the entropy within each block. */
  const within: Array<Value> = []
  for (const [start, end] of blocksOf(vocabulary, width)) {
    const { rows: block } = rowsAfter(head, start, end, within.slice(-1))
    const scores = gemm(hidden, block, { transB: true })
    const sum = logSumExp(scores, -1, true)
    sums.push(sum)
    const logs = sub(scores, sum)
    within.push(reduceSum(mul(exp(logs), logs), [-1], true))
  }
  const logSums = concat(sums, 1)
  const logSum = logSumExp(logSums, -1, true)
  const logs = sub(logSums, logSum)
  const entropy = neg(reduceSum(mul(exp(logs), add(logs, concat(within, 1))), [-1]))
  const picked = reduceSum(mul(hidden, gather(head, tokens, 0)), [-1], true)
  const logProbs = single(hidden.graph, {
    op: 'Sub',
    inputs: [picked, logSum],
    shape: picked.shape,
    gradient: 'TokenStatistics',
    parents: [hidden, head, tokens],
    saved: { width },
  })
  return { logProbs: reshape(logProbs, [-1]), entropy }
}
