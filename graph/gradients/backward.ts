import { add } from '../elementwise.ts'
import { ShapeError } from '../error.ts'
import type { Node, Value } from '../graph.ts'
import { zeros } from '../reshape.ts'
import { ruleOf } from './table.ts'

/**
 * The gradients of a scalar with respect to values, by reverse-mode differentiation: adds the operations that
 * compute them to the same graph. A value the loss does not depend on gets zeros.
 */
export const gradients = (loss: Value, wrt: readonly Value[]): Value[] => {
  if (loss.shape.some((dim) => dim !== 1) || loss.dtype !== 'float32') {
    throw new ShapeError('gradients', [loss.shape], 'the loss must be one float32 number')
  }
  const wanted = reaching(loss, new Set(wrt))
  const sums = new Map<Value, Value>([
    [loss, loss.graph.constant(new Float32Array([1]), loss.shape as readonly number[])],
  ])
  for (const node of wanted.nodes) {
    const outputs = node.outputs.map((output) => sums.get(output))
    const rule = ruleOf(node)
    if (rule === undefined || outputs.every((output) => output === undefined)) continue
    const needs = node.parents.map((parent) => parent !== undefined && wanted.values.has(parent))
    const output = node.outputs[0]!
    const given = rule({
      node,
      inputs: node.inputs as readonly Value[],
      attributes: node.attributes,
      output,
      gradient: outputs[0] ?? zeros(output, output.shape),
      gradients: outputs,
      needs,
    })
    node.parents.forEach((parent, index) => {
      const gradient = given[index]
      if (gradient === undefined || parent === undefined || !needs[index]) return
      if (gradient.shape.join() !== parent.shape.join()) {
        throw new ShapeError(`gradient of ${node.op}`, [gradient.shape, parent.shape], 'shapes differ')
      }
      const before = sums.get(parent)
      sums.set(parent, before === undefined ? gradient : add(before, gradient))
    })
  }
  return wrt.map((value) => sums.get(value) ?? zeros(value, value.shape))
}

/** Values between `wrt` and the loss, and the nodes that make them, last made first. */
const reaching = (loss: Value, wrt: ReadonlySet<Value>) => {
  const depends = new Map<Value, boolean>()
  const nodes = new Map<number, Node>()
  const order: Value[] = [loss]
  const seen = new Set<Value>(order)
  while (order.length > 0) {
    const value = order.pop()!
    if (value.origin.kind !== 'node' || ruleOf(value.origin.node) === undefined) continue
    nodes.set(value.origin.node.id, value.origin.node)
    for (const parent of value.origin.node.parents) {
      if (parent !== undefined && !seen.has(parent)) {
        seen.add(parent)
        order.push(parent)
      }
    }
  }
  const forward = [...nodes.values()].sort((a, b) => a.id - b.id)
  for (const value of seen) if (wrt.has(value)) depends.set(value, true)
  for (const node of forward) {
    if (node.parents.some((parent) => parent !== undefined && depends.get(parent))) {
      for (const output of node.outputs) depends.set(output, true)
    }
  }
  return {
    values: new Set([...depends.keys()]),
    nodes: forward.filter((node) => node.outputs.some((output) => depends.get(output))).reverse(),
  }
}
