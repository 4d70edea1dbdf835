import {
  and,
  cos,
  div,
  exp,
  greater,
  lessOrEqual,
  mul,
  neg,
  pow,
  sign,
  sin,
  square,
  sub,
  where,
} from '../elementwise.ts'
import { scalarOf, type Value } from '../graph.ts'
import type { Rule, Rules, Step } from './rule.ts'
import { sumTo } from './sum-to.ts'

/** Gradients of operands that were broadcast, each made only where it is needed. */
const broadcast =
  (rule: (step: Step) => ReadonlyArray<(() => Value) | undefined>): Rule =>
  (step) =>
    rule(step).map((each, index) =>
      each === undefined || !step.needs[index] ? undefined : sumTo(each(), step.inputs[index]!.shape),
    )

const unary =
  (rule: (gradient: Value, x: Value, y: Value) => Value): Rule =>
  ({ gradient, inputs, output }) => [rule(gradient, inputs[0]!, output)]

/** Of the two the chosen one takes the gradient; `chosen` says where it is the first. */
const choice = (chosen: (a: Value, b: Value) => Value): Rule =>
  broadcast(({ gradient, inputs: [a, b] }) => [
    () => where(chosen(a!, b!), gradient, 0),
    () => where(chosen(a!, b!), 0, gradient),
  ])

export const elementwise: Rules = {
  Add: broadcast(({ gradient }) => [() => gradient, () => gradient]),
  Sub: ({ gradient, inputs: [a, b], needs }) => [
    needs[0] ? sumTo(gradient, a!.shape) : undefined,
    needs[1] ? neg(sumTo(gradient, b!.shape)) : undefined,
  ],
  Mul: broadcast(({ gradient, inputs: [a, b] }) => [() => mul(gradient, b!), () => mul(gradient, a!)]),
  Div: broadcast(({ gradient, inputs: [, b], output }) => {
    const scaled = div(gradient, b!)
    return [() => scaled, () => neg(mul(scaled, output))]
  }),
  // At a tie the gradient goes to the first.
  Max: choice((a, b) => lessOrEqual(b, a)),
  Min: choice((a, b) => lessOrEqual(a, b)),
  Clip: ({ gradient, inputs: [x, low, high] }) => [
    where(and(lessOrEqual(low!, x!), lessOrEqual(x!, high!)), gradient, 0),
  ],
  Pow: ({ gradient, inputs: [x, power] }) => {
    const exponent = scalarOf(power!)!
    return [mul(gradient, mul(pow(x!, exponent - 1), exponent))]
  },
  Where: broadcast(({ gradient, inputs: [condition] }) => [
    undefined,
    () => where(condition!, gradient, 0),
    () => where(condition!, 0, gradient),
  ]),
  Expand: ({ gradient, inputs: [x] }) => [sumTo(gradient, x!.shape)],
  Neg: unary((gradient) => neg(gradient)),
  Exp: unary((gradient, _x, y) => mul(gradient, y)),
  Log: unary((gradient, x) => div(gradient, x)),
  Sqrt: unary((gradient, _x, y) => div(mul(gradient, 0.5), y)),
  Reciprocal: unary((gradient, _x, y) => neg(mul(gradient, square(y)))),
  Abs: unary((gradient, x) => mul(gradient, sign(x))),
  Tanh: unary((gradient, _x, y) => mul(gradient, sub(1, square(y)))),
  Sigmoid: unary((gradient, _x, y) => mul(gradient, mul(y, sub(1, y)))),
  Erf: unary((gradient, x) => mul(gradient, mul(exp(neg(square(x))), 2 / Math.sqrt(Math.PI)))),
  Relu: unary((gradient, x) => where(greater(x, 0), gradient, 0)),
  Sin: unary((gradient, x) => mul(gradient, cos(x))),
  Cos: unary((gradient, x) => neg(mul(gradient, sin(x)))),
  Square: unary((gradient, x) => mul(mul(gradient, x), 2)),
}
