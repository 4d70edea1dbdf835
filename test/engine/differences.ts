import fc from 'fast-check'
import { expect } from 'vitest'
import { random } from '../../core/index.ts'
import { tensor } from '../../engine/session.ts'
import * as G from '../../graph/index.ts'
import { numbers, withSession } from './run.ts'

export interface Case {
  readonly shapes: readonly (readonly number[])[]
  readonly build: (values: readonly G.Value[], graph: G.Graph) => G.Value
  /** Where the inputs lie; by default from -1.5 to 1.5. */
  readonly range?: readonly [number, number]
}

const step = 1e-2

/**
 * Compares the gradients of a random weighing of the output with central differences, each input moved along a
 * random direction. float32 kernels leave noise of about 1e-3 of the gradient's size.
 */
export const checkGradients = async (
  { shapes, build, range = [-1.5, 1.5] }: Case,
  seed: number,
): Promise<void> => {
  const draw = random('differences', seed)
  const numbersOf = (shape: readonly G.Dim[], low: number, high: number) =>
    Float32Array.from({ length: shape.reduce<number>((a, b) => a * Number(b), 1) }, () =>
      draw.uniform(low, high),
    )
  const graph = new G.Graph('differences')
  const inputs = shapes.map((shape, index) => graph.input(`x${index}`, 'float32', shape))
  const output = build(inputs, graph)
  const weights = graph.constant(numbersOf(output.shape, -1, 1), output.shape as number[])
  const loss = G.reduceSum(G.mul(output, weights))
  graph.output('loss', loss)
  G.gradients(loss, inputs).forEach((gradient, index) => {
    expect(gradient.shape).toEqual(shapes[index])
    graph.output(`d${index}`, gradient)
  })
  const data = shapes.map((shape) => numbersOf(shape, range[0], range[1]))
  await withSession(graph, async (run) => {
    const at = async (points: readonly Float32Array[]) =>
      run(
        Object.fromEntries(
          points.map((each, index) => [`x${index}`, tensor('float32', each, shapes[index]!)]),
        ),
      )
    const here = await at(data)
    for (const [index, point] of data.entries()) {
      const direction = Float32Array.from(point, () => draw.pick([-1, 1]))
      const lossAt = async (distance: number) => {
        const moved = point.map((value, i) => value + distance * direction[i]!)
        const { loss: value } = await at(data.map((each, other) => (other === index ? moved : each)))
        return numbers(value!)[0]!
      }
      const gradient = numbers(here[`d${index}`]!)
      const slope = gradient.reduce((sum, value, i) => sum + value * direction[i]!, 0)
      const scale = 1 + gradient.reduce((sum, value) => sum + Math.abs(value), 0)
      const difference = ((await lossAt(step)) - (await lossAt(-step))) / (2 * step)
      expect(Math.abs(difference - slope) / scale, `input ${index}`).toBeLessThan(4e-3)
    }
  })
}

/** Checks random cases. */
export const holds = (cases: fc.Arbitrary<Case>, runs = 6): Promise<void> =>
  fc.assert(
    fc.asyncProperty(cases, fc.nat(), (each, seed) => checkGradients(each, seed)),
    { numRuns: runs },
  )

export const length = fc.integer({ min: 1, max: 4 })
export const shape = fc.array(length, { minLength: 1, maxLength: 3 })

/** Two shapes that broadcast: lengths set to 1 in either, leading axes dropped from one. */
export const broadcasting = fc
  .record({
    full: shape,
    ones: fc.array(fc.nat(3), { minLength: 3, maxLength: 3 }),
    drop: fc.nat(2),
    swap: fc.boolean(),
  })
  .map(({ full, ones, drop, swap }) => {
    const thin = (flag: number) => full.map((each, axis) => (ones[axis] === flag ? 1 : each))
    const pair = [thin(1), thin(2).slice(Math.min(drop, full.length))]
    return swap ? pair.reverse() : pair
  })
