import { type Dim, sizeOf } from './dims.ts'
import { div, equal, exp, expand, mul, sub, where } from './elementwise.ts'
import { axisOf, requireType, single, type Value } from './graph.ts'
import { reshape } from './reshape.ts'

const reduction = (
  op: string,
  x: Value,
  axes: readonly number[] | undefined,
  keep: boolean,
  rule: (gradient: Value, output: Value, count: Dim) => Value,
): Value => {
  const over = (axes ?? x.shape.map((_, axis) => axis))
    .map((axis) => axisOf(op, x, axis))
    .sort((a, b) => a - b)
  requireType(op, x, 'float32', 'int64', 'int32')
  if (over.length === 0) return x
  const full = x.shape.map((dim, axis): Dim => (over.includes(axis) ? 1 : dim))
  const shape = keep ? full : x.shape.filter((_, axis) => !over.includes(axis))
  const inputs = [x, x.graph.constant(over, [over.length], 'int64')]
  const attributes = { keepdims: keep ? 1 : 0 }
  return single(x.graph, { op, inputs, attributes, dtype: x.dtype, shape }, (gradient, output) => [
    rule(reshape(gradient, full), reshape(output, full), sizeOf(over.map((axis) => x.shape[axis]!))),
  ])
}

/** Sum over axes (all by default). */
export const reduceSum = (x: Value, axes?: readonly number[], keep = false): Value =>
  reduction('ReduceSum', x, axes, keep, (gradient) => expand(gradient, x.shape))

/** Mean over axes (all by default). */
export const reduceMean = (x: Value, axes?: readonly number[], keep = false): Value =>
  reduction('ReduceMean', x, axes, keep, (gradient, _y, count) =>
    typeof count === 'number'
      ? expand(div(gradient, count), x.shape)
      : expand(div(gradient, floatLength(x, count)), x.shape),
  )

/** Largest element over axes; elements that tie each get the whole gradient's share. */
export const reduceMax = (x: Value, axes?: readonly number[], keep = false): Value =>
  reduction('ReduceMax', x, axes, keep, (gradient, y) => {
    const hits = where(equal(x, y), x.graph.constant(1), 0)
    const over = y.shape.flatMap((dim, axis) => (dim === x.shape[axis] ? [] : [axis]))
    return mul(hits, div(gradient, over.length === 0 ? 1 : reduceSum(hits, over, true)))
  })

/** log(sum(exp(x))) over one axis. */
export const logSumExp = (x: Value, axis: number, keep = false): Value =>
  reduction('ReduceLogSumExp', x, [axis], keep, (gradient, y) => mul(gradient, exp(sub(x, y))))

const floatLength = (x: Value, length: Dim): Value =>
  reshape(
    single(x.graph, { op: 'Cast', inputs: [x.graph.length(length)], attributes: { to: 1 }, shape: [1] }),
    [],
  )

/** Running sum along an axis. */
export const cumsum = (x: Value, axis: number, { reverse = false } = {}): Value => {
  const at = axisOf('cumsum', x, axis)
  const inputs = [x, reshape(x.graph.length(at), [])]
  const attributes = { reverse: reverse ? 1 : 0 }
  return single(x.graph, { op: 'CumSum', inputs, attributes, dtype: x.dtype, shape: x.shape }, (gradient) => [
    cumsum(gradient, at, { reverse: !reverse }),
  ])
}
