import { type Dim, sizeOf } from '../dims.ts'
import { cast, expand } from '../elementwise.ts'
import { gather, scatterRows } from '../gather.ts'
import { single, type Value } from '../graph.ts'
import { reshape, transpose, zeros } from '../reshape.ts'
import { numberOf, type Rule, type Rules } from './rule.ts'

/**
 * [length, ...]: row i is the sum of the `rows` [n, ...] whose index is i. ScatterElements and not ScatterND, whose
 * kernel adds rows in parallel and loses some where an index repeats (onnxruntime 1.30, CPU).
 */
const sumRows = (rows: Value, indices: Value, length: Dim): Value => {
  const [count, ...rest] = rows.shape
  const flat = reshape(rows, [count!, sizeOf(rest)])
  const shape = [length, sizeOf(rest)]
  // As int32, which devices take: int64 would be spread out on the processor and carried over.
  const places = expand(reshape(cast(indices, 'int32'), [count!, 1]), flat.shape)
  const sum = single(rows.graph, {
    op: 'ScatterElements',
    inputs: [zeros(rows, shape), places, flat],
    attributes: { axis: 0, reduction: 'add' },
    shape,
  })
  return reshape(sum, [length, ...rest])
}

/** Adds `updates` [..., K] to the elements of the last axis of `x` at `indices` [..., K]. */
const scatterLast = (x: Value, indices: Value, updates: Value): Value =>
  single(x.graph, {
    op: 'ScatterElements',
    inputs: [x, indices, updates],
    attributes: { axis: x.shape.length - 1, reduction: 'add' },
    shape: x.shape,
  })

const ofGather =
  (collect: (rows: Value, places: Value, length: Dim) => Value): Rule =>
  (step) => {
    const [x, indices] = step.inputs as [Value, Value]
    const axis = numberOf(step, 'axis')
    const rank = indices.shape.length
    const rest = [...x.shape.slice(0, axis), ...x.shape.slice(axis + 1)]
    const all = [...step.gradient.shape.keys()]
    const front = all.slice(axis, axis + rank)
    const order = [...front, ...all.filter((each) => !front.includes(each))]
    const rows = reshape(transpose(step.gradient, order), [sizeOf(indices.shape), ...rest])
    const sum = collect(rows, reshape(indices, [-1]), x.shape[axis]!)
    const back = rest.map((_, index) => index + 1)
    return [transpose(sum, [...back.slice(0, axis), 0, ...back.slice(axis)])]
  }

export const gathers: Rules = {
  Gather: ofGather(sumRows),
  GatherDistinct: ofGather((rows, places, length) =>
    scatterRows(zeros(rows, [length, ...rows.shape.slice(1)]), places, rows),
  ),
  ScatterND: ({ gradient, inputs: [x, indices, rows], needs, attributes }) => {
    const places = reshape(indices!, [-1])
    const kept = () =>
      attributes.reduction === 'add' ? gradient : scatterRows(gradient, places, zeros(x!, rows!.shape))
    return [needs[0] ? kept() : undefined, undefined, needs[2] ? gather(gradient, places, 0) : undefined]
  },
  GatherElements: ({ gradient, inputs: [x, indices] }) => [
    scatterLast(zeros(x!, x!.shape), indices!, gradient),
  ],
}
