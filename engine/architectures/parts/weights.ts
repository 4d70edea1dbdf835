import type { Graph, Value } from '../../../graph/index.ts'
import type { Weights } from '../contract.ts'

/** Weights that become parameters of `graph` when first used. */
export const graphWeights = (graph: Graph): Weights => {
  const known = new Map<string, Value>()
  return (name, shape) => {
    const found = known.get(name)
    if (found !== undefined) return found
    const value = graph.parameter(name, shape)
    known.set(name, value)
    return value
  }
}

export type NamedShape = readonly [name: string, shape: ReadonlyArray<number>]

/** Weight and bias of a linear map. */
export const linearShapes = (name: string, out: number, input: number): ReadonlyArray<NamedShape> => [
  [`${name}.weight`, [out, input]],
  [`${name}.bias`, [out]],
]

/** Weight and bias of a layer norm. */
export const layerNormShapes = (name: string, size: number): ReadonlyArray<NamedShape> => [
  [`${name}.weight`, [size]],
  [`${name}.bias`, [size]],
]
