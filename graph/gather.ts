import { sameShape } from './dims.ts'
import { add, mul } from './elementwise.ts'
import { ShapeError } from './error.ts'
import { axisOf, requireType, single, type Value } from './graph.ts'
import { concat, reshape, unsqueeze } from './reshape.ts'

/**
 * Elements of `x` along an axis by int64 (or int32) indices; the indices' shape takes the axis' place. `distinct`: the
 * caller guarantees that no index repeats, which makes the gradient cheaper.
 */
export const gather = (x: Value, indices: Value, axis = 0, { distinct = false } = {}): Value => {
  requireType('gather', indices, 'int64', 'int32')
  const at = axisOf('gather', x, axis)
  const shape = [...x.shape.slice(0, at), ...indices.shape, ...x.shape.slice(at + 1)]
  return single(x.graph, {
    op: 'Gather',
    inputs: [x, indices],
    attributes: { axis: at },
    dtype: x.dtype,
    shape,
    gradient: distinct ? 'GatherDistinct' : 'Gather',
  })
}

/**
 * `x` with the rows (first axis) at `indices` [n] set to `rows` [n, ...], or with them added where `add` is set.
 * Indices must differ from each other.
 */
export const scatterRows = (
  x: Value,
  indices: Value,
  rows: Value,
  options: { add?: boolean } = {},
): Value => {
  requireType('scatterRows', indices, 'int64')
  if (indices.shape.length !== 1 || !sameShape(rows.shape, [indices.shape[0]!, ...x.shape.slice(1)])) {
    throw new ShapeError('scatterRows', [x.shape, indices.shape, rows.shape], 'rows must be [n, ...] as x is')
  }
  const attributes = { reduction: options.add === true ? 'add' : 'none' }
  const inputs = [x, reshape(indices, [-1, 1]), rows]
  return single(x.graph, { op: 'ScatterND', inputs, attributes, dtype: x.dtype, shape: x.shape })
}

/** For every batch its own rows: x [B, L, ...], indices [B, K] (int64) -> [B, K, ...]. */
export const gatherRows = (x: Value, indices: Value): Value => {
  requireType('gatherRows', indices, 'int64')
  const [batch, length] = x.shape
  if (x.shape.length < 2 || indices.shape.length !== 2 || indices.shape[0] !== batch) {
    throw new ShapeError('gatherRows', [x.shape, indices.shape], 'indices must be [batch, rows]')
  }
  if (typeof batch !== 'number') {
    throw new ShapeError('gatherRows', [x.shape, indices.shape], 'the batch must be known')
  }
  const flat = reshape(x, [-1, ...x.shape.slice(2)])
  if (batch === 1) return unsqueeze(gather(flat, reshape(indices, [-1]), 0), 0)
  const step = x.graph.length(length!)
  const offsets = concat(
    Array.from({ length: batch }, (_, index) => intMul(step, index)),
    0,
  )
  return gather(flat, add(indices, reshape(offsets, [batch, 1])), 0)
}

const intMul = (x: Value, factor: number): Value => mul(x, x.graph.constant([factor], [1], 'int64'))

/** One element per row: x [..., V], indices [...] (int64) -> [...]. */
export const pick = (x: Value, indices: Value): Value => {
  requireType('pick', indices, 'int64')
  if (!sameShape(indices.shape, x.shape.slice(0, -1))) {
    throw new ShapeError('pick', [x.shape, indices.shape], 'one index per row is needed')
  }
  const at = unsqueeze(indices, -1)
  const attributes = { axis: x.shape.length - 1 }
  const inputs = [x, at]
  const picked = single(x.graph, {
    op: 'GatherElements',
    inputs,
    attributes,
    dtype: x.dtype,
    shape: at.shape,
  })
  return reshape(picked, indices.shape)
}

/**
 * Log-probability of one token per row: logits [..., V], tokens [...] (int64) -> [...]. The same as
 * `pick(logSoftmax(logits), tokens)` with a gradient of three passes over the logits.
 */
export const tokenLogProbs = (logits: Value, tokens: Value): Value => {
  requireType('tokenLogProbs', tokens, 'int64')
  if (!sameShape(tokens.shape, logits.shape.slice(0, -1))) {
    throw new ShapeError('tokenLogProbs', [logits.shape, tokens.shape], 'one token per row is needed')
  }
  const { graph, shape } = logits
  const axis = shape.length - 1
  const all = single(graph, { op: 'LogSoftmax', inputs: [logits], attributes: { axis }, shape })
  const at = unsqueeze(tokens, -1)
  const picked = single(graph, {
    op: 'GatherElements',
    inputs: [all, at],
    attributes: { axis },
    shape: at.shape,
    gradient: 'TokenLogProbs',
    parents: [logits],
  })
  return reshape(picked, tokens.shape)
}

/** A row of increasing numbers 0, 1, ..., length-1 (int64). */
export const iota = (like: Value, length: number): Value =>
  like.graph.constant(
    BigInt64Array.from({ length }, (_, index) => BigInt(index)),
    [length],
  )
