import { add, erf, exp, mul, sigmoid, square, sub } from '../elementwise.ts'
import type { Value } from '../graph.ts'
import type { Rules } from './rule.ts'

const root = Math.sqrt(2 / Math.PI)

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

export const activation: Rules = {
  Silu: ({ gradient, inputs: [, gate], output }) => [mul(gradient, add(mul(gate!, sub(1, output)), output))],
  Gelu: ({ gradient, inputs: [x], output, attributes }) => [
    mul(gradient, attributes.approximate === 'tanh' ? tanhSlope(x!, output) : erfSlope(x!)),
  ],
}
