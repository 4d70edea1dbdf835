import { sameShape } from './dims.ts'
import { ShapeError } from './error.ts'
import { axisOf, requireType, single, type Value } from './graph.ts'
import { reshape, unsqueeze } from './reshape.ts'

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

/** A row of increasing numbers 0, 1, ..., length-1 (int64). */
export const iota = (like: Value, length: number): Value =>
  like.graph.constant(
    BigInt64Array.from({ length }, (_, index) => BigInt(index)),
    [length],
  )
