import { Effect } from 'effect'
import { describe, expect, it } from 'vitest'
import { Graph, gradients, reduceSum, rmsNorm, square } from '../../engine/graph/index.ts'
import { emit } from '../../engine/onnx/emit.ts'
import { type Device, Session, tensor } from '../../engine/session.ts'
import { numbers } from './run.ts'

/** The gradients of a norm, written for a device and computed on the CPU. */
const writtenFor = (device: Device) =>
  Effect.gen(function* () {
    const graph = new Graph('norm')
    const x = graph.input('x', 'float32', ['rows', 6])
    const weight = graph.parameter('weight', [6])
    const [forX, forWeight] = gradients(reduceSum(square(rmsNorm(x, weight, 1e-3))), [x, weight])
    graph.output('x gradient', forX!)
    graph.output('weight gradient', forWeight!)
    const session = yield* Session.make(emit(graph, { device }), { device: 'cpu', threads: 1 })
    const results = yield* session.run({
      x: tensor(
        'float32',
        Float32Array.from({ length: 18 }, (_, i) => Math.sin(3 * i)),
        [3, 6],
      ),
      weight: tensor(
        'float32',
        Float32Array.from({ length: 6 }, (_, i) => 1 + i / 4),
      ),
    })
    return Object.values(results).flatMap(numbers)
  }).pipe(Effect.scoped, Effect.runPromise)

describe('graphs written for webgpu', () => {
  it('mean the same as those written for the CPU', async () => {
    const [expected, found] = await Promise.all([writtenFor('cpu'), writtenFor('webgpu')])
    expect(found).toHaveLength(expected.length)
    found.forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i]!, 4)
    })
  })
})
