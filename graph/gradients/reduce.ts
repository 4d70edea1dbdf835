import type { Dim } from '../dims.ts'
import { sizeOf } from '../dims.ts'
import { div, exp, expand, mul, sub } from '../elementwise.ts'
import { numbersOf, scalarOf, single, type Value } from '../graph.ts'
import { cumsum } from '../reduce.ts'
import { reshape } from '../reshape.ts'
import { numberOf, type Rule, type Rules } from './rule.ts'

/** A reduction's rule works on gradient and output with the reduced axes kept at length 1. */
const reduction =
  (rule: (x: Value, gradient: Value, output: Value, axes: readonly number[]) => Value): Rule =>
  ({ inputs: [x, over], gradient, output }) => {
    const axes = numbersOf(over!)
    const full = x!.shape.map((dim, axis): Dim => (axes.includes(axis) ? 1 : dim))
    return [rule(x!, reshape(gradient, full), reshape(output, full), axes)]
  }

const floatLength = (x: Value, length: Dim): Value =>
  reshape(
    single(x.graph, { op: 'Cast', inputs: [x.graph.length(length)], attributes: { to: 1 }, shape: [1] }),
    [],
  )

export const reductions: Rules = {
  ReduceSum: reduction((x, gradient) => expand(gradient, x.shape)),
  ReduceMean: reduction((x, gradient, _y, axes) => {
    const count = sizeOf(axes.map((axis) => x.shape[axis]!))
    return expand(div(gradient, typeof count === 'number' ? count : floatLength(x, count)), x.shape)
  }),
  ReduceLogSumExp: reduction((x, gradient, y) => mul(gradient, exp(sub(x, y)))),
  CumSum: (step) => [
    cumsum(step.gradient, scalarOf(step.inputs[1]!)!, { reverse: numberOf(step, 'reverse') === 0 }),
  ],
}
