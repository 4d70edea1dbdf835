import type { Dim } from './dims.ts'
import { axisOf, requireType, single, type Value } from './graph.ts'

const reduction = (op: string, x: Value, axes: readonly number[] | undefined, keep: boolean): Value => {
  const over = (axes ?? x.shape.map((_, axis) => axis))
    .map((axis) => axisOf(op, x, axis))
    .sort((a, b) => a - b)
  requireType(op, x, 'float32', 'int64', 'int32')
  if (over.length === 0) return x
  const full = x.shape.map((dim, axis): Dim => (over.includes(axis) ? 1 : dim))
  const shape = keep ? full : x.shape.filter((_, axis) => !over.includes(axis))
  const inputs = [x, x.graph.constant(over, [over.length], 'int64')]
  return single(x.graph, { op, inputs, attributes: { keepdims: keep ? 1 : 0 }, dtype: x.dtype, shape })
}

/** Sum over axes (all by default). */
export const reduceSum = (x: Value, axes?: readonly number[], keep = false): Value =>
  reduction('ReduceSum', x, axes, keep)

/** Mean over axes (all by default). */
export const reduceMean = (x: Value, axes?: readonly number[], keep = false): Value =>
  reduction('ReduceMean', x, axes, keep)

/** log(sum(exp(x))) over one axis. */
export const logSumExp = (x: Value, axis: number, keep = false): Value =>
  reduction('ReduceLogSumExp', x, [axis], keep)

/** Running sum along an axis. */
export const cumsum = (x: Value, axis: number, { reverse = false } = {}): Value => {
  const inputs = [x, x.graph.constant(axisOf('cumsum', x, axis), [], 'int64')]
  const attributes = { reverse: reverse ? 1 : 0 }
  return single(x.graph, { op: 'CumSum', inputs, attributes, dtype: x.dtype, shape: x.shape })
}
