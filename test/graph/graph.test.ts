import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { scalar, tensor } from '../../engine/session.ts'
import { addDims, canonical, divideDims, multiplyDims, subtractDims } from '../../graph/dims.ts'
import * as G from '../../graph/index.ts'
import { numbers, withSession } from '../engine/run.ts'

const graphOf = (...shapes: G.Shape[]) => {
  const graph = new G.Graph('test')
  return { graph, values: shapes.map((shape, index) => graph.input(`x${index}`, 'float32', shape)) }
}

describe('lengths', () => {
  const dim = fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constantFrom('a', 'b', 'a*b', '2*a+1', 'a+b'))
  const evaluate = (value: G.Dim): number =>
    typeof value === 'number'
      ? value
      : value
          .split('+')
          .map((term) =>
            term
              .split('*')
              .map((part) => ({ a: 3, b: 5 })[part] ?? Number(part))
              .reduce((x, y) => x * y, 1),
          )
          .reduce((x, y) => x + y, 0)

  it('compute as numbers do', () => {
    fc.assert(
      fc.property(dim, dim, (x, y) => {
        expect(evaluate(addDims(x, y))).toBe(evaluate(x) + evaluate(y))
        expect(evaluate(subtractDims(x, y))).toBe(evaluate(x) - evaluate(y))
        expect(evaluate(multiplyDims(x, y))).toBe(evaluate(x) * evaluate(y))
        expect(addDims(x, y)).toBe(addDims(y, x))
        expect(multiplyDims(x, y)).toBe(multiplyDims(y, x))
        expect(subtractDims(addDims(x, y), y)).toBe(canonical(x))
      }),
    )
  })

  it('divide where no rest is left', () => {
    expect(divideDims('6*a*b', '2*a')).toBe('3*b')
    expect(divideDims('4*a+2', 2)).toBe('2*a+1')
    expect(divideDims('a+b', 'a')).toBeUndefined()
    expect(divideDims(7, 2)).toBeUndefined()
  })
})

describe('shapes', () => {
  const wrong: Record<
    string,
    readonly [shapes: G.Shape[], build: (values: G.Value[]) => unknown, says: string]
  > = {
    add: [
      [['batch', 3], [4]],
      ([a, b]) => G.add(a!, b!),
      'add: shapes do not broadcast ([batch, 3] and [4])',
    ],
    'add of symbols': [
      [['batch'], ['tokens']],
      ([a, b]) => G.add(a!, b!),
      'add: shapes do not broadcast ([batch] and [tokens])',
    ],
    matmul: [
      [
        [2, 3],
        [4, 5],
      ],
      ([a, b]) => G.matmul(a!, b!),
      'matmul: inner lengths differ ([2, 3] and [4, 5])',
    ],
    linear: [
      [
        [2, 3],
        [4, 5],
      ],
      ([a, b]) => G.linear(a!, b!),
      'linear: the last axis does not fit the weight [out, in] ([2, 3] and [4, 5])',
    ],
    reshape: [[['batch', 6]], ([a]) => G.reshape(a!, [-1, 4]), 'reshape: the element count does not divide'],
    concat: [
      [
        [2, 3],
        [4, 5],
      ],
      ([a, b]) => G.concat([a!, b!], 0),
      'concat: shapes differ in axes other than 0 ([2, 3] and [4, 5])',
    ],
    slice: [[[4]], ([a]) => G.slice(a!, { axis: 0, start: 2, end: 9 }), 'slice: elements 2 to 9 of axis 0'],
    axis: [[[4]], ([a]) => G.softmax(a!, 2), 'softmax: has no axis 2 ([4])'],
    norm: [[[4, 6], [5]], ([a, b]) => G.rmsNorm(a!, b!, 1e-6), 'rmsNorm: the weight does not fit'],
    type: [[[2]], ([a]) => G.gather(a!, a!), 'gather: expects int64 or int32, not float32 ([2])'],
    loss: [[[2]], ([a]) => G.gradients(a!, [a!]), 'gradients: the loss must be one float32 number ([2])'],
  }
  for (const [name, [shapes, build, says]] of Object.entries(wrong)) {
    it(`that do not fit are refused: ${name}`, () => {
      const { values } = graphOf(...shapes)
      expect(() => build(values)).toThrow(G.ShapeError)
      expect(() => build(values)).toThrow(says)
    })
  }

  it('may be symbolic through reshapes, joins and cuts', async () => {
    const { graph, values } = graphOf(['batch', 'tokens', 6], ['batch', 2, 6])
    const joined = G.concat([values[0]!, values[1]!], 1)
    expect(joined.shape).toEqual(['batch', 'tokens+2', 6])
    const heads = G.transpose(G.reshape(joined, ['batch', 'tokens+2', 2, 3]), [0, 2, 1, 3])
    const scores = G.softmax(G.matmul(heads, heads, { transB: true }))
    expect(scores.shape).toEqual(['batch', 2, 'tokens+2', 'tokens+2'])
    const back = G.slice(G.matmul(scores, heads), { axis: 2, start: 'tokens' })
    expect(back.shape).toEqual(['batch', 2, 2, 3])
    const flat = G.reshape(back, [-1, 3])
    expect(flat.shape).toEqual(['4*batch', 3])
    const loss = G.reduceMean(G.add(flat, G.reduceSum(values[0]!, [0, 1, 2])))
    const [gradient] = G.gradients(loss, [values[0]!])
    graph.output('flat', flat)
    graph.output('gradient', gradient!)
    await withSession(graph, async (run) => {
      for (const [batch, tokens] of [
        [2, 3],
        [1, 5],
      ] as const) {
        const filled = (dims: number[]) =>
          tensor('float32', new Float32Array(dims.reduce((a, b) => a * b, 1)).fill(0.5), dims)
        const result = await run({ x0: filled([batch, tokens, 6]), x1: filled([batch, 2, 6]) })
        expect(result.flat!.dims).toEqual([4 * batch, 3])
        expect(result.gradient!.dims).toEqual([batch, tokens, 6])
        for (const value of numbers(result.flat!)) expect(value).toBeCloseTo(0.5, 5)
      }
    })
  })
})

describe('graphs', () => {
  it('add equal operations once and leave out what no output needs', () => {
    const { values } = graphOf([2, 3])
    expect(G.exp(values[0]!)).toBe(G.exp(values[0]!))
    expect(G.mul(values[0]!, 2)).toBe(G.mul(values[0]!, 2))
    expect(G.mul(values[0]!, 1)).toBe(values[0])
  })

  it('give the same parameter for the same name, and refuse a second shape', () => {
    const { graph } = graphOf()
    expect(graph.parameter('layer.weight', [2, 3])).toBe(graph.parameter('layer.weight', [2, 3]))
    expect(() => graph.parameter('layer.weight', [3, 2])).toThrow(
      'parameter layer.weight: asked for with two shapes',
    )
  })

  it('may output an input, a constant, and one value under two names', async () => {
    const { graph, values } = graphOf([])
    const doubled = G.mul(values[0]!, 2)
    graph.output('same', values[0]!)
    graph.output('seven', graph.constant(7))
    graph.output('one', doubled)
    graph.output('two', doubled)
    await withSession(graph, async (run) => {
      const result = await run({ x0: scalar(3) })
      expect(['same', 'seven', 'one', 'two'].map((name) => numbers(result[name]!)[0])).toEqual([3, 7, 6, 6])
    })
  })

  it('give zeros for what the loss does not depend on', async () => {
    const { graph, values } = graphOf([2], [3])
    const [gradient] = G.gradients(G.reduceSum(values[0]!), [values[1]!])
    graph.output('gradient', gradient!)
    await withSession(graph, async (run) => {
      expect(
        numbers(
          (
            await run({
              x0: tensor('float32', new Float32Array(2)),
              x1: tensor('float32', new Float32Array(3)),
            })
          ).gradient!,
        ),
      ).toEqual([0, 0, 0])
    })
  })
})
