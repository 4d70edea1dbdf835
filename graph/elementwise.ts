import { broadcastShapes } from './broadcast.ts'
import { type Shape, sameShape } from './dims.ts'
import { ShapeError } from './error.ts'
import { type DType, type Graph, requireType, scalarOf, single, type Value } from './graph.ts'

/** A value, or a number standing for a scalar constant of the other operand's type. */
export type Operand = Value | number

const graphOf = (operation: string, operands: readonly Operand[]): readonly [Graph, DType] => {
  for (const operand of operands) {
    if (typeof operand !== 'number') return [operand.graph, operand.dtype]
  }
  throw new Error(`${operation}: at least one operand must be a value`)
}

const lift = (operation: string, ...operands: readonly Operand[]): readonly Value[] => {
  const [graph, dtype] = graphOf(operation, operands)
  const values = operands.map((operand) =>
    typeof operand === 'number' ? graph.constant(operand, undefined, dtype) : operand,
  )
  for (const value of values) {
    if (value.dtype !== dtype) {
      throw new ShapeError(
        operation,
        values.map(({ shape }) => shape),
        `operands are ${values.map((each) => each.dtype).join(' and ')}`,
      )
    }
  }
  return values
}

const binary = (op: string, a: Value, b: Value, dtype = a.dtype): Value =>
  single(a.graph, {
    op,
    inputs: [a, b],
    dtype,
    shape: broadcastShapes(op.toLowerCase(), a.shape, b.shape),
  })

const folded = (a: Value, b: Value, compute: (a: number, b: number) => number): Value | undefined => {
  const left = scalarOf(a)
  const right = scalarOf(b)
  if (left === undefined || right === undefined || a.dtype !== 'float32') return undefined
  return a.graph.constant(compute(left, right))
}

/** Whether adding or multiplying by a scalar leaves the other operand as it is, so that no operator is needed. */
const neutral = (value: Value, number: number, other: Value): boolean =>
  scalarOf(value) === number && other.origin.kind !== 'constant'

/** `a + b`, broadcasting. */
export const add = (first: Operand, second: Operand): Value => {
  const [a, b] = lift('add', first, second) as [Value, Value]
  if (neutral(b, 0, a)) return a
  if (neutral(a, 0, b)) return b
  return folded(a, b, (x, y) => x + y) ?? binary('Add', a, b)
}

/** `a - b`, broadcasting. */
export const sub = (first: Operand, second: Operand): Value => {
  const [a, b] = lift('sub', first, second) as [Value, Value]
  if (neutral(b, 0, a)) return a
  return folded(a, b, (x, y) => x - y) ?? binary('Sub', a, b)
}

/** `a * b`, broadcasting. */
export const mul = (first: Operand, second: Operand): Value => {
  const [a, b] = lift('mul', first, second) as [Value, Value]
  if (neutral(b, 1, a)) return a
  if (neutral(a, 1, b)) return b
  return folded(a, b, (x, y) => x * y) ?? binary('Mul', a, b)
}

/** `a / b`, broadcasting; division by a number is a multiplication. */
export const div = (first: Operand, second: Operand): Value => {
  const [a, b] = lift('div', first, second) as [Value, Value]
  const divisor = scalarOf(b)
  if (divisor !== undefined && a.dtype === 'float32') return mul(a, 1 / divisor)
  return binary('Div', a, b)
}

/** The larger of both; at a tie the gradient goes to the first. */
export const max = (first: Operand, second: Operand): Value => {
  const [a, b] = lift('max', first, second) as [Value, Value]
  return binary('Max', a, b)
}

/** The smaller of both; at a tie the gradient goes to the first. */
export const min = (first: Operand, second: Operand): Value => {
  const [a, b] = lift('min', first, second) as [Value, Value]
  return binary('Min', a, b)
}

/** `x` held between two numbers; outside them the gradient is zero, on them it passes (as PyTorch's clamp). */
export const clip = (x: Value, low: number, high: number): Value => {
  requireType('clip', x, 'float32')
  const inputs = [x, x.graph.constant(low), x.graph.constant(high)]
  return single(x.graph, { op: 'Clip', inputs, shape: x.shape })
}

/** `a ^ exponent` for a constant exponent. */
export const pow = (x: Value, exponent: number): Value => {
  if (exponent === 1) return x
  if (exponent === 2) return square(x)
  return binary('Pow', x, x.graph.constant(exponent))
}

const compare =
  (op: string) =>
  (first: Operand, second: Operand): Value => {
    const [a, b] = lift(op.toLowerCase(), first, second) as [Value, Value]
    return binary(op, a, b, 'bool')
  }

/** Elementwise comparisons, giving bool. */
export const equal = compare('Equal')
export const less = compare('Less')
export const lessOrEqual = compare('LessOrEqual')
export const greater = compare('Greater')

/** Logic on bool values. */
export const and = (a: Value, b: Value): Value => {
  requireType('and', a, 'bool')
  requireType('and', b, 'bool')
  return binary('And', a, b)
}
export const not = (a: Value): Value => {
  requireType('not', a, 'bool')
  return single(a.graph, { op: 'Not', inputs: [a], dtype: 'bool', shape: a.shape })
}

/** `condition ? a : b`, broadcasting. */
export const where = (condition: Value, first: Operand, second: Operand): Value => {
  requireType('where', condition, 'bool')
  const [a, b] = lift('where', first, second) as [Value, Value]
  const shape = broadcastShapes('where', condition.shape, broadcastShapes('where', a.shape, b.shape))
  return single(condition.graph, { op: 'Where', inputs: [condition, a, b], dtype: a.dtype, shape })
}

/** Converts to another type; between float types only does it carry a gradient. */
export const cast = (x: Value, dtype: DType): Value => {
  if (x.dtype === dtype) return x
  const to = { float32: 1, int32: 6, int64: 7, bool: 9 }[dtype]
  return single(x.graph, { op: 'Cast', inputs: [x], attributes: { to }, dtype, shape: x.shape })
}

const unary =
  (op: string) =>
  (x: Value): Value => {
    requireType(op.toLowerCase(), x, 'float32')
    return single(x.graph, { op, inputs: [x], shape: x.shape })
  }

/** Elementwise functions of one float32 value. */
export const neg = (x: Value): Value => {
  const number = scalarOf(x)
  return number === undefined ? unary('Neg')(x) : x.graph.constant(-number)
}
export const exp = unary('Exp')
export const log = unary('Log')
export const sqrt = unary('Sqrt')
export const reciprocal = unary('Reciprocal')
export const rsqrt = (x: Value): Value => reciprocal(sqrt(x))
export const abs = unary('Abs')
export const sign = unary('Sign')
export const tanh = unary('Tanh')
export const sigmoid = unary('Sigmoid')
export const erf = unary('Erf')
export const relu = unary('Relu')
export const sin = unary('Sin')
export const cos = unary('Cos')
export const square = (x: Value): Value => {
  requireType('square', x, 'float32')
  return single(x.graph, { op: 'Mul', inputs: [x, x], shape: x.shape, gradient: 'Square', parents: [x] })
}

/** The same values, but no gradient passes. */
export const stopGradient = (x: Value): Value =>
  single(x.graph, { op: 'Identity', inputs: [x], dtype: x.dtype, shape: x.shape })

/** Repeats along axes of length 1 (and new leading axes) to the given shape. */
export const expand = (x: Value, shape: Shape): Value => {
  const full = broadcastShapes('expand', x.shape, shape)
  if (sameShape(full, x.shape)) return x
  return single(x.graph, { op: 'Expand', inputs: [x, x.graph.lengths(full)], dtype: x.dtype, shape: full })
}
