import { broadcastShapes } from './broadcast.ts'
import type { Shape } from './dims.ts'
import { add, mul } from './elementwise.ts'
import { ShapeError } from './error.ts'
import { requireType, single, type Value } from './graph.ts'
import { reshape } from './reshape.ts'

export interface MatmulOptions {
  /** Take the last two axes of `a` swapped, without moving anything. */
  readonly transA?: boolean
  readonly transB?: boolean
  /** Factor on the product, applied inside the kernel. */
  readonly alpha?: number
}

const inner = (
  operation: string,
  a: Value,
  b: Value,
  { transA = false, transB = false }: MatmulOptions,
): Shape => {
  requireType(operation, a, 'float32')
  requireType(operation, b, 'float32')
  if (a.shape.length < 2 || b.shape.length < 2) {
    throw new ShapeError(operation, [a.shape, b.shape], 'both operands need two axes or more')
  }
  const [rowsA, columnsA] = a.shape.slice(-2) as [Shape[0], Shape[0]]
  const [rowsB, columnsB] = b.shape.slice(-2) as [Shape[0], Shape[0]]
  if ((transA ? rowsA : columnsA) !== (transB ? columnsB : rowsB)) {
    throw new ShapeError(
      operation,
      [a.shape, b.shape],
      `inner lengths differ${transA ? ', a transposed' : ''}${transB ? ', b transposed' : ''}`,
    )
  }
  return [transA ? columnsA! : rowsA!, transB ? rowsB! : columnsB!]
}

/** Product of two matrices, with a row to add to every row of it. */
export const gemm = (a: Value, b: Value, options: MatmulOptions = {}, bias?: Value): Value => {
  const { transA = false, transB = false, alpha = 1 } = options
  const shape = inner('gemm', a, b, options)
  if (a.shape.length !== 2 || b.shape.length !== 2) {
    throw new ShapeError('gemm', [a.shape, b.shape], 'both operands must be matrices')
  }
  if (bias !== undefined && (bias.shape.length !== 1 || bias.shape[0] !== shape[1])) {
    throw new ShapeError('gemm', [shape, bias.shape], 'the bias does not fit the columns')
  }
  const attributes = { transA: transA ? 1 : 0, transB: transB ? 1 : 0, alpha: { float: alpha } }
  const inputs = bias === undefined ? [a, b] : [a, b, bias]
  return single(a.graph, { op: 'Gemm', inputs, attributes, shape })
}

/** Matrix product over the last two axes; the axes before them broadcast. */
export const matmul = (a: Value, b: Value, options: MatmulOptions = {}): Value => {
  const { transA = false, transB = false, alpha = 1 } = options
  const tail = inner('matmul', a, b, options)
  if (b.shape.length === 2 && (a.shape.length === 2 || !transA)) {
    // One matrix for all batches: a single product over the flattened rows.
    const lead = a.shape.slice(0, -2)
    if (lead.length === 0) return gemm(a, b, options)
    const rows = reshape(a, [-1, a.shape.at(-1)!])
    return reshape(gemm(rows, b, { transB, alpha }), [...lead, ...tail])
  }
  const shape = [...broadcastShapes('matmul', a.shape.slice(0, -2), b.shape.slice(0, -2)), ...tail]
  const plain = !transA && !transB && alpha === 1
  return single(
    a.graph,
    plain
      ? { op: 'MatMul', inputs: [a, b], shape }
      : {
          op: 'FusedMatMul',
          domain: 'com.microsoft',
          inputs: [a, b],
          attributes: { transA: transA ? 1 : 0, transB: transB ? 1 : 0, alpha: { float: alpha } },
          shape,
        },
  )
}

/**
 * `x weight^T + bias` over the last axis, the weight in Hugging Face layout `[out, in]`. Applies the weight's
 * low-rank adapter where the graph has one.
 */
export const linear = (x: Value, weight: Value, bias?: Value): Value => {
  const [out, width] = weight.shape
  if (weight.shape.length !== 2 || x.shape.at(-1) !== width) {
    throw new ShapeError('linear', [x.shape, weight.shape], 'the last axis does not fit the weight [out, in]')
  }
  const rows = reshape(x, [-1, width!])
  const product = gemm(rows, weight, { transB: true }, bias)
  const adapter = x.graph.adapters.get(weight)
  const delta =
    adapter && mul(gemm(gemm(rows, adapter.a, { transB: true }), adapter.b, { transB: true }), adapter.scale)
  return reshape(delta === undefined ? product : add(product, delta), [...x.shape.slice(0, -1), out!])
}
