import { graphWeights, type Weights } from '../../engine/architectures/index.ts'
import { causalMask, groupedAttention } from '../../engine/attention.ts'
import type { Checkpoint } from '../../engine/checkpoint/index.ts'
import type { ProcessedPrompt } from '../../engine/processor/index.ts'
import { type Tensors, tensor } from '../../engine/session.ts'
import { Graph, linear, type Value } from '../../graph/index.ts'

/** A graph that computes a whole sequence at once, the plainest use of the contract. */
export interface Forward {
  readonly graph: Graph
  readonly weights: Weights
  /** [1, L, V]. */
  readonly scores: Value
  readonly feeds: (ids: ArrayLike<number>, positions: Int32Array) => Tensors
}

/** Clips of one prompt may differ in size: each gets its own pass through the tower. */
export const forward = ({ model, tensors }: Checkpoint, prompt: ProcessedPrompt): Forward => {
  const graph = new Graph('forward')
  const weights = graphWeights(graph)
  const half = model.text.headDim / 2
  const ids = graph.input('ids', 'int64', [1, 'L'])
  const cos = graph.input('cos', 'float32', [1, 'L', half])
  const sin = graph.input('sin', 'float32', [1, 'L', half])
  const mask = graph.input('mask', 'float32', ['L', 'L'])
  const fixed: Record<string, Tensors[string]> = {}
  for (const [name, { shape, data }] of tensors) fixed[name] = tensor('float32', data, shape)

  const width = model.vision.patchLength
  let patch = 0
  let token = 0
  const frames = prompt.grids.map(([t, height, w], clip) => {
    const size = height * w
    const count = (t * size) / model.vision.mergeSize ** 2
    const pixels = graph.input(`pixels${clip}`, 'float32', [t, size, width])
    const rows = graph.input(`rows${clip}`, 'int64', [count])
    const part = prompt.pixels.slice(patch * width, (patch + t * size) * width)
    fixed[`pixels${clip}`] = tensor('float32', part, [t, size, width])
    const places = prompt.visual.slice(token, token + count)
    fixed[`rows${clip}`] = tensor('int64', BigInt64Array.from(places, BigInt))
    patch += t * size
    token += count
    return { pixels, rows, height, width: w }
  })
  const hidden = model.hidden(graph, weights, {
    ids,
    cos,
    sin,
    frames,
    attend: (_layer, q, k, v) => groupedAttention(q, k, v, mask),
  })
  return {
    graph,
    weights,
    scores: linear(hidden, model.head(weights)),
    feeds: (tokens, positions) => {
      const length = tokens.length
      const tables = model.angles(positions)
      return {
        ...fixed,
        ids: tensor('int64', BigInt64Array.from(Array.from(tokens), BigInt), [1, length]),
        cos: tensor('float32', tables.cos, [1, length, half]),
        sin: tensor('float32', tables.sin, [1, length, half]),
        mask: tensor('float32', causalMask(length), [length, length]),
      }
    },
  }
}
