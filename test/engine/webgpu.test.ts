import { fromBinary } from '@bufbuild/protobuf'
import { Effect } from 'effect'
import { ModelProtoSchema } from 'onnx-buf'
import { describe, expect, it } from 'vitest'
import { Session, tensor } from '../../engine/session.ts'
import {
  Graph,
  gradients,
  linear,
  matmul,
  reduceSum,
  rmsNorm,
  square,
  type Value,
} from '../../graph/index.ts'
import { emit } from '../../graph/onnx/emit.ts'
import type { Device } from '../../graph/onnx/index.ts'
import { numbers } from './run.ts'

type Build = (x: Value, y: Value) => Value

/** The gradients of a function of two tensors, written for a device and computed on the CPU. */
const writtenFor = (device: Device, build: Build, shapes: ReadonlyArray<ReadonlyArray<number>>) =>
  Effect.gen(function* () {
    const graph = new Graph('both')
    const inputs = shapes.map((shape, i) => graph.input(`x${i}`, 'float32', shape))
    const loss = reduceSum(square(build(inputs[0]!, inputs[1]!)))
    gradients(loss, inputs).forEach((gradient, i) => {
      graph.output(`gradient ${i}`, gradient)
    })
    const session = yield* Session.make(emit(graph, { device }), { device: 'cpu', threads: 1 })
    const feeds = shapes.map((shape, i) => {
      const length = shape.reduce((a, b) => a * b, 1)
      const data = Float32Array.from({ length }, (_, at) => Math.sin(3 * at + i))
      return [`x${i}`, tensor('float32', data, shape)] as const
    })
    const results = yield* session.run(Object.fromEntries(feeds))
    return Object.values(results).flatMap(numbers)
  }).pipe(Effect.scoped, Effect.runPromise)

const cases: ReadonlyArray<[name: string, build: Build, shapes: ReadonlyArray<ReadonlyArray<number>>]> = [
  ['a norm', (x, weight) => rmsNorm(x, weight, 1e-3), [[3, 6], [6]]],
  [
    'a product',
    (x, y) => matmul(x, y),
    [
      [2, 3, 4],
      [2, 4, 5],
    ],
  ],
  [
    'a product with its second factor turned',
    (x, y) => matmul(x, y, { transB: true }),
    [
      [2, 3, 4],
      [2, 5, 4],
    ],
  ],
  [
    'a scaled product with both factors turned',
    (x, y) => matmul(x, y, { transA: true, transB: true, alpha: 0.3 }),
    [
      [2, 1, 4, 3],
      [1, 2, 5, 4],
    ],
  ],
]

describe('graphs written for webgpu', () => {
  it.each(cases)('mean the same as those written for the CPU: %s', async (_name, build, shapes) => {
    const expected = await writtenFor('cpu', build, shapes)
    const found = await writtenFor('webgpu', build, shapes)
    expect(found).toHaveLength(expected.length)
    found.forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i]!, 4)
    })
  })

  it('cut the long sum of a weight gradient into parts', async () => {
    const [count, width, out] = [24, 3, 5]
    const written = (device: Device) => {
      const graph = new Graph('linear')
      const x = graph.input('x', 'float32', ['rows', 'tokens', width])
      const [weight, bias] = [graph.parameter('weight', [out, width]), graph.parameter('bias', [out])]
      const loss = reduceSum(square(linear(x, weight, bias)))
      gradients(loss, [weight, bias]).forEach((gradient, i) => {
        graph.output(`gradient ${i}`, gradient)
      })
      return emit(graph, { device, multiples: { tokens: 4 } })
    }
    const values = (length: number) => Float32Array.from({ length }, (_, at) => Math.sin(3 * at))
    const compute = (device: Device) =>
      Effect.gen(function* () {
        const session = yield* Session.make(written(device), { device: 'cpu', threads: 1 })
        const results = yield* session.run({
          x: tensor('float32', values(count * width), [3, 8, width]),
          weight: tensor('float32', values(out * width), [out, width]),
          bias: tensor('float32', values(out)),
        })
        return Object.values(results).flatMap(numbers)
      }).pipe(Effect.scoped, Effect.runPromise)
    const expected = await compute('cpu')
    ;(await compute('webgpu')).forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i]!, 3)
    })
    const sums = (device: Device) =>
      fromBinary(ModelProtoSchema, written(device)).graph!.node.filter(({ opType }) => opType === 'ReduceSum')
    expect(sums('webgpu').length - sums('cpu').length).toBe(2)
  })

  it('hold no operator that the provider leaves to the processor', () => {
    const graph = new Graph('product')
    const [x, y] = [graph.input('x', 'float32', [2, 3, 4]), graph.input('y', 'float32', [2, 5, 4])]
    graph.output('z', matmul(x, y, { transB: true }))
    const operators = (device: Device) =>
      fromBinary(ModelProtoSchema, emit(graph, { device })).graph!.node.map(({ opType }) => opType)
    expect(operators('cpu')).toContain('FusedMatMul')
    expect(operators('webgpu')).not.toContain('FusedMatMul')
  })
})
