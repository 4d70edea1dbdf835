import {
  addDims,
  type Dim,
  divideDims,
  multiplyDims,
  type Shape,
  sameShape,
  sizeOf,
  subtractDims,
} from './dims.ts'
import { ShapeError } from './error.ts'
import { axisOf, single, type Value } from './graph.ts'

/**
 * The same elements in order under another shape. A dim may be a number, a symbol, 0 (the length the input has
 * there) or, once, -1 (whatever is left).
 */
export const reshape = (x: Value, dims: Shape): Value => {
  const fail = (problem: string) => new ShapeError('reshape', [x.shape, dims], problem)
  const known = dims.map((dim, axis): Dim => {
    if (dim !== 0) return dim
    const same = x.shape[axis]
    if (same === undefined) throw fail(`the input has no axis ${axis}`)
    return same
  })
  const open = known.indexOf(-1)
  const size = sizeOf(x.shape)
  if (open >= 0) {
    const rest = divideDims(size, sizeOf(known.filter((_, axis) => axis !== open)))
    if (rest === undefined) throw fail('the element count does not divide')
    known[open] = rest
  }
  const shape = known.map((dim) => multiplyDims(dim, 1))
  if (sizeOf(shape) !== size) throw fail('the element counts differ')
  if (sameShape(shape, x.shape)) return x
  // A reshape of a reshape needs only the last one.
  const before =
    x.origin.kind === 'node' && x.origin.node.op === 'Reshape' ? x.origin.node.inputs[0]! : undefined
  const source = before?.dtype === x.dtype && before !== undefined ? before : x
  if (sameShape(shape, source.shape)) return source
  const symbolic = shape.filter((dim) => typeof dim === 'string').length
  const target =
    symbolic === 1
      ? x.graph.constant(
          shape.map((dim) => (typeof dim === 'number' ? dim : -1)),
          [shape.length],
          'int64',
        )
      : x.graph.lengths(shape)
  return single(x.graph, { op: 'Reshape', inputs: [source, target], dtype: x.dtype, shape })
}

/** Adds an axis of length 1 so that it is `axis` of the result. */
export const unsqueeze = (x: Value, axis: number): Value => {
  const at = axis < 0 ? axis + x.shape.length + 1 : axis
  return reshape(x, [...x.shape.slice(0, at), 1, ...x.shape.slice(at)])
}

/** Drops an axis of length 1. */
export const squeeze = (x: Value, axis: number): Value => {
  const at = axisOf('squeeze', x, axis)
  if (x.shape[at] !== 1) throw new ShapeError('squeeze', [x.shape], `axis ${axis} is not of length 1`)
  return reshape(x, [...x.shape.slice(0, at), ...x.shape.slice(at + 1)])
}

/** Axes in another order: axis i of the result is axis `order[i]` of the input. All axes reversed by default. */
export const transpose = (x: Value, order?: readonly number[]): Value => {
  const perm = order ?? x.shape.map((_, axis) => x.shape.length - 1 - axis)
  if (perm.length !== x.shape.length || new Set(perm).size !== perm.length) {
    throw new ShapeError('transpose', [x.shape, perm], 'the order must name every axis once')
  }
  const shape = perm.map((axis) => x.shape[axisOf('transpose', x, axis)]!)
  if (perm.every((axis, index) => axis === index)) return x
  // Where only axes of length 1 move, the elements stay in order.
  const long = perm.filter((axis) => x.shape[axis] !== 1)
  if (long.every((axis, index) => index === 0 || long[index - 1]! < axis)) return reshape(x, shape)
  return single(x.graph, { op: 'Transpose', inputs: [x], attributes: { perm }, dtype: x.dtype, shape })
}

/** Values one after the other along an axis. */
export const concat = (values: readonly Value[], axis: number): Value => {
  const first = values[0]
  if (first === undefined) throw new Error('concat: no values')
  if (values.length === 1) return first
  const at = axisOf('concat', first, axis)
  for (const value of values) {
    const fits =
      value.dtype === first.dtype &&
      value.shape.length === first.shape.length &&
      value.shape.every((dim, index) => index === at || dim === first.shape[index])
    if (!fits)
      throw new ShapeError('concat', [first.shape, value.shape], `shapes differ in axes other than ${axis}`)
  }
  const total = values.map((value) => value.shape[at]!).reduce(addDims)
  const shape = first.shape.map((dim, index) => (index === at ? total : dim))
  const attributes = { axis: at }
  return single(first.graph, { op: 'Concat', inputs: values, attributes, dtype: first.dtype, shape })
}

/** Cuts an axis into parts of the given lengths. */
export const split = (x: Value, lengths: readonly Dim[], axis: number): readonly Value[] => {
  const at = axisOf('split', x, axis)
  if (lengths.reduce(addDims) !== x.shape[at]) {
    throw new ShapeError('split', [x.shape, lengths], `the parts do not add up to axis ${axis}`)
  }
  if (lengths.length === 1) return [x]
  const part = (length: Dim) => x.shape.map((dim, index) => (index === at ? length : dim))
  return x.graph.node({
    op: 'Split',
    inputs: [x, x.graph.lengths(lengths)],
    attributes: { axis: at },
    outputs: lengths.map((length) => ({ dtype: x.dtype, shape: part(length) })),
  })
}

/** Zeros of the type and graph of another value. */
export const zeros = (like: Value, shape: Shape): Value => {
  const zero = like.graph.constant([0], [1], like.dtype)
  if (shape.every((dim) => dim === 1)) return reshape(zero, shape)
  return single(like.graph, {
    op: 'Expand',
    inputs: [zero, like.graph.lengths(shape)],
    dtype: like.dtype,
    shape,
  })
}

/** Elements `start` up to but not including `end` along an axis; the end defaults to the axis' length. */
export const slice = (
  x: Value,
  { axis, start = 0, end }: { axis: number; start?: Dim; end?: Dim },
): Value => {
  const at = axisOf('slice', x, axis)
  const length = x.shape[at]!
  const from = typeof start === 'number' && start < 0 ? addDims(length, start) : start
  const to = end === undefined ? length : typeof end === 'number' && end < 0 ? addDims(length, end) : end
  const count = subtractDims(to, from)
  const rest = subtractDims(length, to)
  if (from === 0 && rest === 0) return x
  if ((typeof count === 'number' && count <= 0) || (typeof rest === 'number' && rest < 0)) {
    throw new ShapeError('slice', [x.shape], `elements ${from} to ${to} of axis ${axis} do not exist`)
  }
  const shape = x.shape.map((dim, index) => (index === at ? count : dim))
  const inputs = [x, x.graph.length(from), x.graph.length(to), x.graph.length(at)]
  const saved = { axis: at, before: from, after: rest }
  return single(x.graph, { op: 'Slice', inputs, dtype: x.dtype, shape, saved })
}
