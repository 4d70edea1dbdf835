import type { Dim } from '../dims.ts'
import { concat, reshape, split, transpose, zeros } from '../reshape.ts'
import { numberOf, type Rules } from './rule.ts'

export const rearrangements: Rules = {
  Reshape: ({ gradient, inputs: [x] }) => [reshape(gradient, x!.shape)],
  Transpose: ({ gradient, attributes }) => {
    const perm = attributes.perm as readonly number[]
    return [
      transpose(
        gradient,
        perm.map((_, axis) => perm.indexOf(axis)),
      ),
    ]
  },
  Concat: (step) => {
    const axis = numberOf(step, 'axis')
    return split(
      step.gradient,
      step.inputs.map((value) => value.shape[axis]!),
      axis,
    )
  },
  Split: (step) => [
    concat(
      step.gradients.map((gradient, index) => {
        const output = step.node.outputs[index]!
        return gradient ?? zeros(output, output.shape)
      }),
      numberOf(step, 'axis'),
    ),
  ],
  Slice: ({ gradient, inputs: [x], node: { saved } }) => {
    const { axis, before, after } = saved as { axis: number; before: Dim; after: Dim }
    const pad = (amount: Dim) =>
      amount === 0
        ? []
        : [
            zeros(
              x!,
              x!.shape.map((dim, index) => (index === axis ? amount : dim)),
            ),
          ]
    return [concat([...pad(before), gradient, ...pad(after)], axis)]
  },
}
