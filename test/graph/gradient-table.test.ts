import { describe, expect, it } from 'vitest'
import { single } from '../../graph/graph.ts'
import { Graph, gradients, mul, reduceSum, sigmoid, sign, silu, stopGradient } from '../../graph/index.ts'

describe('the gradient table', () => {
  it('refuses an operator it does not know instead of passing no gradient', () => {
    const graph = new Graph('unknown')
    const x = graph.input('x', 'float32', [3])
    const y = single(graph, { op: 'Softplus', inputs: [x], shape: [3] })
    expect(() => gradients(reduceSum(y), [x])).toThrow('no gradient is known for Softplus')
  })

  it('passes none through a stop or a staircase', () => {
    const graph = new Graph('flat')
    const x = graph.input('x', 'float32', [3])
    for (const flat of [stopGradient(x), sign(x)]) {
      const [gradient] = gradients(reduceSum(mul(flat, flat)), [x])
      expect(gradient!.origin).toMatchObject({ kind: 'node', node: { op: 'Expand' } })
    }
  })

  it('finds the rule of a node that another operation added first', () => {
    const graph = new Graph('shared')
    const x = graph.input('x', 'float32', [2, 5])
    silu(x)
    const [gradient] = gradients(reduceSum(sigmoid(x)), [x])
    expect(gradient!.origin).toMatchObject({ kind: 'node', node: { op: 'Mul' } })
  })
})
