import fc from 'fast-check'
import { describe, it } from 'vitest'
import * as G from '../../graph/index.ts'
import { type Case, holds, length } from '../engine/differences.ts'

const dims = fc.record({ a: length, b: length, m: length, k: length, n: length })
const flags = fc.record({ transA: fc.boolean(), transB: fc.boolean() })

const of = (cases: (d: { a: number; b: number; m: number; k: number; n: number }) => Case, runs = 6) =>
  holds(dims.map(cases), runs)

const turned = (shape: readonly number[], turn: boolean) =>
  turn ? [...shape.slice(0, -2), shape.at(-1)!, shape.at(-2)!] : shape

const indices = (graph: G.Graph, shape: readonly number[], below: number, step = 1) => {
  const size = shape.reduce((x, y) => x * y, 1)
  return graph.constant(
    Array.from({ length: size }, (_, i) => (i * step) % below),
    shape,
    'int64',
  )
}

describe('products', () => {
  it('matmul of matrices, any transposition', () =>
    holds(
      fc.tuple(dims, flags).map(([{ m, k, n }, options]) => ({
        shapes: [turned([m, k], options.transA), turned([k, n], options.transB)],
        build: ([x, y]) => G.matmul(x!, y!, { ...options, alpha: 0.7 }),
      })),
      12,
    ))

  it('matmul of batches that broadcast, any transposition', () =>
    holds(
      fc.tuple(dims, flags, fc.nat(2)).map(([{ a, b, m, k, n }, options, kind]) => ({
        shapes: [
          turned([...[[a, b], [a, 1], [b]][kind]!, m, k], options.transA),
          turned(
            [
              ...[
                [a, b],
                [1, b],
                [a, b],
              ][kind]!,
              k,
              n,
            ],
            options.transB,
          ),
        ],
        build: ([x, y]) => G.matmul(x!, y!, options),
      })),
      12,
    ))

  it('matmul of batches with one matrix', () =>
    holds(
      fc.tuple(dims, flags).map(([{ a, b, m, k, n }, options]) => ({
        shapes: [turned([a, b, m, k], options.transA), turned([k, n], options.transB)],
        build: ([x, y]) => G.matmul(x!, y!, options),
      })),
      8,
    ))

  it('linear with bias', () =>
    of(({ a, m, k, n }) => ({
      shapes: [[a, m, k], [n, k], [n]],
      build: ([x, w, b]) => G.linear(x!, w!, b),
    })))

  it('linear with a low-rank adapter', () =>
    of(({ a, m, k, n }) => ({
      shapes: [
        [a, m, k],
        [n, k],
        [2, k],
        [n, 2],
      ],
      build: ([x, w, down, up], graph) => {
        graph.adapters.set(w!, { a: down!, b: up!, scale: 0.5 })
        return G.linear(x!, w!)
      },
    })))

  it('linear with a low-rank adapter and a bias', () =>
    of(({ a, m, k, n }) => ({
      shapes: [[a, m, k], [n, k], [n], [2, k], [n, 2]],
      build: ([x, w, bias, down, up], graph) => {
        graph.adapters.set(w!, { a: down!, b: up!, scale: 0.5 })
        return G.linear(x!, w!, bias)
      },
    })))
})

describe('normalisation', () => {
  it('rmsNorm', () =>
    of(({ a, m, k }) => ({
      shapes: [[a, m, k + 1], [k + 1]],
      build: ([x, w]) => G.rmsNorm(x!, w!, 1e-3),
      range: [0.3, 1.5],
    })))

  it('layerNorm', () =>
    of(({ a, m, k }) => ({
      shapes: [[a, m, k + 3], [k + 3], [k + 3]],
      build: ([x, w, b]) => G.layerNorm(x!, w!, b!, 0.1),
    })))
})

describe('moving elements', () => {
  it('transpose, concat, slice, split', () =>
    of(({ a, b, m }) => ({
      shapes: [
        [a + 1, b, m],
        [a + 1, b + 1, m],
      ],
      build: ([x, y]) => {
        const joined = G.concat([x!, y!, G.square(x!)], 1)
        const [head, , tail] = G.split(joined, [1, b, b + b], 1)
        const part = G.slice(joined, { axis: 0, start: 1 })
        return G.concat(
          [
            G.reshape(G.transpose(head!, [2, 0, 1]), [-1]),
            G.reshape(G.square(tail!), [-1]),
            G.reshape(G.slice(part, { axis: -2, start: 1, end: -1 }), [-1]),
          ],
          0,
        )
      },
    })))

  it('gather along any axis, repeated indices', () =>
    holds(
      fc.tuple(dims, fc.nat(2)).map(([{ a, b, m, k, n }, axis]) => ({
        shapes: [[a, b, m]],
        build: ([x], graph) => G.square(G.gather(x!, indices(graph, [k, n], [a, b, m][axis]!), axis)),
      })),
    ))

  it('scatterRows sets rows, or adds them', () =>
    of(({ a, b, m }) => ({
      shapes: [
        [a + b, m],
        [a, m],
      ],
      build: ([x, rows], graph) =>
        G.mul(
          G.scatterRows(x!, indices(graph, [a], a + b), rows!),
          G.scatterRows(x!, indices(graph, [a], a + b), rows!, { add: true }),
        ),
    })))

  it('pick', () =>
    of(({ a, m, k }) => ({
      shapes: [[a, m, k]],
      build: ([x], graph) => G.square(G.pick(x!, indices(graph, [a, m], k, 2))),
    })))
})

describe('attention', () => {
  it('shares key heads among query heads, with a bias on the scores', () =>
    of(({ a, b, m, k, n }) => ({
      shapes: [
        [a, 2 * b, m, 3],
        [a, b, k, 3],
        [a, b, k, n],
      ],
      build: ([q, keys, values], graph) =>
        G.attention(q!, keys!, values!, {
          bias: graph.constant(
            Float32Array.from({ length: m * k }, (_, i) => (i % 3) - 1),
            [m, k],
          ),
        }),
    })))

  it('rotary angles', () =>
    of(({ a, b, m }) => ({
      shapes: [[a, b, m, 4]],
      build: ([x], graph) => {
        const angles = Array.from({ length: a * m * 2 }, (_, i) => i)
        return G.rotary(
          x!,
          graph.constant(angles.map(Math.cos), [a, m, 2]),
          graph.constant(angles.map(Math.sin), [a, m, 2]),
        )
      },
    })))
})
