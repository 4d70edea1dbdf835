import { type Shape, sameShape, sizeOf } from '../dims.ts'
import { expand } from '../elementwise.ts'
import type { Value } from '../graph.ts'
import { gemm } from '../matmul.ts'
import { reduceSum } from '../reduce.ts'
import { reshape } from '../reshape.ts'

/** Sums a gradient over the axes along which its input was broadcast. */
export const sumTo = (gradient: Value, shape: Shape): Value => {
  if (sameShape(gradient.shape, shape)) return gradient
  const extra = gradient.shape.length - shape.length
  const kept = gradient.shape.map((dim, axis) => axis >= extra && shape[axis - extra] === dim)
  const axes = kept.flatMap((keep, axis) => (keep ? [] : [axis]))
  const lead = axes.length
  const leading = axes.every((axis, index) => axis === index) && lead < gradient.shape.length
  if (leading && lead > 0) {
    // A product with a row of ones runs on all threads and is the fastest sum over leading axes.
    const rows = sizeOf(gradient.shape.slice(0, lead))
    if (rows === 1) return reshape(gradient, shape)
    const columns = sizeOf(gradient.shape.slice(lead))
    const ones = expand(gradient.graph.constant([1], [1, 1]), [1, rows])
    return reshape(gemm(ones, reshape(gradient, [rows, columns])), shape)
  }
  return reshape(reduceSum(gradient, axes, false), shape)
}
