import { describe, expect, it } from 'vitest'
import { random } from '../../core/index.ts'
import { tensor } from '../../engine/session.ts'
import * as G from '../../graph/index.ts'
import { numbers, withSession } from '../engine/run.ts'

/** Runs both formulations on the same random numbers and expects equal results. */
const agree = async (
  shapes: readonly (readonly number[])[],
  one: (values: readonly G.Value[], graph: G.Graph) => G.Value,
  other: (values: readonly G.Value[], graph: G.Graph) => G.Value,
) => {
  const graph = new G.Graph('agree')
  const source = random('agree', shapes.join())
  const inputs = shapes.map((shape, index) => graph.input(`x${index}`, 'float32', shape))
  graph.output('one', one(inputs, graph))
  graph.output('other', other(inputs, graph))
  const feeds = Object.fromEntries(
    shapes.map((shape, index) => {
      const size = shape.reduce((a, b) => a * b, 1)
      return [
        `x${index}`,
        tensor(
          'float32',
          Float32Array.from({ length: size }, () => source.normal()),
          shape,
        ),
      ]
    }),
  )
  await withSession(graph, async (run) => {
    const results = await run(feeds)
    expect(results.one!.dims).toEqual(results.other!.dims)
    const expected = numbers(results.other!)
    numbers(results.one!).forEach((value, index) => {
      expect(value).toBeCloseTo(expected[index]!, 4)
    })
  })
}

const rotateHalf = (x: G.Value) =>
  G.concat([G.neg(G.slice(x, { axis: -1, start: 4 })), G.slice(x, { axis: -1, end: 4 })], -1)

describe('fused operations equal their definitions', () => {
  it('silu', () =>
    agree(
      [[3, 50]],
      ([x]) => G.silu(x!),
      ([x]) => G.div(x!, G.add(1, G.exp(G.neg(x!)))),
    ))

  it('gelu', () =>
    agree(
      [[3, 50]],
      ([x]) => G.gelu(x!),
      ([x]) => G.mul(x!, G.add(0.5, G.mul(0.5, G.erf(G.mul(x!, Math.SQRT1_2))))),
    ))

  it('gelu by tanh', () =>
    agree(
      [[3, 50]],
      ([x]) => G.gelu(x!, { tanh: true }),
      ([x]) => {
        const u = G.mul(Math.sqrt(2 / Math.PI), G.add(x!, G.mul(0.044715, G.pow(x!, 3))))
        return G.mul(G.mul(0.5, x!), G.add(1, G.tanh(u)))
      },
    ))

  it('rmsNorm', () =>
    agree(
      [[2, 5, 32], [32]],
      ([x, w]) => G.rmsNorm(x!, w!, 1e-2),
      ([x, w]) => G.mul(G.mul(x!, G.rsqrt(G.add(G.reduceMean(G.square(x!), [-1], true), 1e-2))), w!),
    ))

  it('layerNorm', () =>
    agree(
      [[2, 5, 32], [32], [32]],
      ([x, w, b]) => G.layerNorm(x!, w!, b!, 1e-2),
      ([x, w, b]) => {
        const centred = G.sub(x!, G.reduceMean(x!, [-1], true))
        const variance = G.reduceMean(G.square(centred), [-1], true)
        return G.add(G.mul(G.div(centred, G.sqrt(G.add(variance, 1e-2))), w!), b!)
      },
    ))

  it('rotary, angles of half or full width', () =>
    agree(
      [
        [2, 3, 5, 8],
        [2, 5, 4],
        [2, 5, 4],
      ],
      ([x, c, s]) => G.rotary(x!, c!, G.concat([s!, s!], -1)),
      ([x, c, s]) => {
        const full = (angles: G.Value) => G.unsqueeze(G.concat([angles, angles], -1), 1)
        return G.add(G.mul(x!, full(c!)), G.mul(rotateHalf(x!), full(s!)))
      },
    ))

  it('attention with shared key heads', () =>
    agree(
      [
        [2, 4, 5, 8],
        [2, 2, 6, 8],
        [2, 2, 6, 3],
        [5, 6],
      ],
      ([q, k, v, bias]) => G.attention(q!, k!, v!, { bias: bias! }),
      ([q, k, v, bias]) => {
        const repeat = (x: G.Value, width: number) =>
          G.reshape(G.expand(G.unsqueeze(x, 2), [2, 2, 2, 6, width]), [2, 4, 6, width])
        const scores = G.div(G.matmul(q!, repeat(k!, 8), { transB: true }), Math.sqrt(8))
        return G.matmul(G.softmax(G.add(scores, bias!)), repeat(v!, 3))
      },
    ))

  it('linear with an adapter is linear with the merged weight', () =>
    agree(
      [
        [4, 6],
        [5, 6],
        [2, 6],
        [5, 2],
      ],
      ([x, w, a, b], graph) => {
        graph.adapters.set(w!, { a: a!, b: b!, scale: 0.25 })
        return G.linear(x!, w!)
      },
      ([x, w, a, b]) => G.linear(x!, G.add(w!, G.mul(G.matmul(b!, a!), 0.25))),
    ))
})

describe('the gradient of rows taken at repeated indices', () => {
  it('has the same bits on any number of threads', async () => {
    const graph = new G.Graph('scatter')
    const rows = graph.input('rows', 'float32', [4000, 33])
    const at = graph.input('at', 'int64', [4000])
    const table = graph.input('table', 'float32', [7, 33])
    const [sum] = G.gradients(G.reduceSum(G.mul(G.gather(table, at), rows)), [table])
    graph.output('sum', sum!)
    const source = random('scatter', 1)
    const data = Float32Array.from({ length: 4000 * 33 }, () => source.normal())
    const indices = BigInt64Array.from({ length: 4000 }, () => BigInt(source.int(0, 6)))
    const feeds = {
      rows: tensor('float32', data, [4000, 33]),
      at: tensor('int64', indices),
      table: tensor('float32', new Float32Array(7 * 33), [7, 33]),
    }
    const expected = new Float64Array(7 * 33)
    data.forEach((value, i) => {
      expected[Number(indices[Math.floor(i / 33)]) * 33 + (i % 33)]! += value
    })
    const sums = await Promise.all([1, 2].map((threads) => withSession(graph, (run) => run(feeds), threads)))
    numbers(sums[0]!.sum!).forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i]!, 3)
    })
    expect(sums[1]!.sum!.data).toEqual(sums[0]!.sum!.data)
  })
})
