import { describe, it } from 'vitest'
import * as G from '../../graph/index.ts'
import { broadcasting, holds, shape } from '../engine/differences.ts'

const away = [0.4, 2] as const

interface Binary {
  readonly build: (a: G.Value, b: G.Value) => G.Value
  readonly range?: readonly [number, number]
}

const fixedBelow = (a: G.Value) => G.less(G.mul(G.stopGradient(a), 0), 1)

const binary: Record<string, Binary> = {
  add: { build: G.add },
  sub: { build: G.sub },
  mul: { build: G.mul },
  div: { build: G.div, range: away },
  'max, left': { build: (a, b) => G.max(G.add(a, 3.5), b) },
  'max, right': { build: (a, b) => G.max(a, G.add(b, 3.5)) },
  'min, left': { build: (a, b) => G.min(a, G.add(b, 3.5)) },
  'min, right': { build: (a, b) => G.min(G.add(a, 3.5), b) },
  'where, taken': { build: (a, b) => G.where(fixedBelow(a), G.square(a), b) },
  'where, not taken': { build: (a, b) => G.where(G.not(fixedBelow(b)), a, G.square(b)) },
}

interface Unary {
  readonly build: (x: G.Value) => G.Value
  readonly range?: readonly [number, number]
}

const unary: Record<string, Unary> = {
  neg: { build: G.neg },
  exp: { build: G.exp },
  log: { build: G.log, range: away },
  sqrt: { build: G.sqrt, range: away },
  rsqrt: { build: G.rsqrt, range: away },
  square: { build: G.square },
  pow: { build: (x) => G.pow(x, 3) },
  tanh: { build: G.tanh },
  sigmoid: { build: G.sigmoid },
  erf: { build: G.erf },
  relu: { build: G.relu, range: away },
  'relu of a negative': { build: (x) => G.relu(G.neg(x)), range: away },
  abs: { build: (x) => G.abs(G.neg(x)), range: away },
  sin: { build: G.sin },
  cos: { build: G.cos },
  silu: { build: G.silu },
  'gelu, exact': { build: (x) => G.gelu(x) },
  'gelu, tanh': { build: (x) => G.gelu(x, { tanh: true }) },
  'clip, inside': { build: (x) => G.clip(x, 0.1, 5), range: away },
  'clip, outside': { build: (x) => G.clip(x, 3, 5), range: away },
  'numbers as operands': { build: (x) => G.div(G.sub(1, G.mul(x, 3)), G.add(x, 2)), range: away },
  softmax: { build: (x) => G.softmax(x) },
  'softmax of the first axis': { build: (x) => G.softmax(x, 0) },
  logSoftmax: { build: (x) => G.logSoftmax(x) },
  logSumExp: { build: (x) => G.logSumExp(x, -1) },
  'reduceSum of the first axis': { build: (x) => G.reduceSum(x, [0]) },
  'reduceMean of all': { build: (x) => G.reduceMean(x) },
  'reduceMean kept': { build: (x) => G.mul(x, G.reduceMean(x, [-1], true)) },
  cumsum: { build: (x) => G.square(G.cumsum(x, -1)) },
  expand: { build: (x) => G.square(G.expand(x, [2, ...x.shape])) },
  'transpose and reshape': { build: (x) => G.square(G.reshape(G.transpose(x), [-1])) },
  'stopGradient leaves the other path': { build: (x) => G.mul(G.stopGradient(G.mul(x, 0)), x) },
}

describe('gradients agree with central differences', () => {
  for (const [name, { build, range }] of Object.entries(binary)) {
    it(`${name}, broadcasting`, () =>
      holds(
        broadcasting.map((shapes) => ({ shapes, build: ([a, b]) => build(a!, b!), ...(range && { range }) })),
        10,
      ))
  }
  for (const [name, { build, range }] of Object.entries(unary)) {
    it(name, () =>
      holds(shape.map((each) => ({ shapes: [each], build: ([x]) => build(x!), ...(range && { range }) }))),
    )
  }
})
