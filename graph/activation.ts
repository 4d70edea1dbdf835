import { add, erf, exp, mul, sigmoid, square, sub } from './elementwise.ts'
import { requireType, single, type Value } from './graph.ts'

const root = Math.sqrt(2 / Math.PI)

/** `x sigmoid(x)`, also called swish. */
export const silu = (x: Value): Value => {
  requireType('silu', x, 'float32')
  const gate = sigmoid(x)
  const y: Value = single(x.graph, { op: 'Mul', inputs: [x, gate], shape: x.shape }, (gradient) => [
    mul(gradient, add(mul(gate, sub(1, y)), y)),
    undefined,
  ])
  return y
}

/** The Gaussian error linear unit; `tanh` selects the approximation PyTorch calls gelu_pytorch_tanh. */
export const gelu = (x: Value, { tanh = false }: { tanh?: boolean } = {}): Value => {
  requireType('gelu', x, 'float32')
  const attributes = { approximate: tanh ? 'tanh' : 'none' }
  return single(x.graph, { op: 'Gelu', inputs: [x], attributes, shape: x.shape }, (gradient, y) => [
    mul(gradient, tanh ? tanhSlope(x, y) : erfSlope(x)),
  ])
}

/** x sigmoid(2u) with u = root (x + 0.044715 x^3): s + y (1 - s) 2u'. */
const tanhSlope = (x: Value, y: Value): Value => {
  const squared = square(x)
  const s = sigmoid(mul(x, add(mul(squared, 2 * root * 0.044715), 2 * root)))
  const slope = add(mul(squared, 6 * root * 0.044715), 2 * root)
  return add(s, mul(mul(y, sub(1, s)), slope))
}

const erfSlope = (x: Value): Value => {
  const cumulative = add(mul(erf(mul(x, Math.SQRT1_2)), 0.5), 0.5)
  const density = mul(exp(mul(square(x), -0.5)), 1 / Math.sqrt(2 * Math.PI))
  return add(cumulative, mul(x, density))
}
