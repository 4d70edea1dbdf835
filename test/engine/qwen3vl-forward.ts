import type { Checkpoint } from '../../engine/checkpoint/index.ts'
import type { ProcessedPrompt } from '../../engine/processor/index.ts'
import {
  causalAttend,
  causalMask,
  embed,
  graphWeights,
  inject,
  logits,
  patchLength,
  text,
  textRope,
  vision,
  type Weights,
} from '../../engine/qwen3vl/index.ts'
import { type Tensors, tensor } from '../../engine/session.ts'
import { concat, Graph, type Value } from '../../graph/index.ts'

/** A graph that computes a whole sequence at once, the plainest use of the model's functions. */
export interface Forward {
  readonly graph: Graph
  readonly weights: Weights
  /** [1, L, V]. */
  readonly scores: Value
  readonly feeds: (ids: ArrayLike<number>, positions: Int32Array) => Tensors
}

/** Clips of one prompt may differ in size: each size gets its own pass through the tower. */
export const forward = ({ config, tensors }: Checkpoint, prompt: ProcessedPrompt): Forward => {
  const graph = new Graph('forward')
  const weights = graphWeights(graph)
  const ids = graph.input('ids', 'int64', [1, 'L'])
  const cos = graph.input('cos', 'float32', [1, 'L', config.text.headDim / 2])
  const sin = graph.input('sin', 'float32', [1, 'L', config.text.headDim / 2])
  const mask = graph.input('mask', 'float32', ['L', 'L'])
  const fixed: Record<string, Tensors[string]> = {}
  for (const [name, { shape, data }] of tensors) fixed[name] = tensor('float32', data, shape)

  let embeddings = embed(config, weights, ids)
  const width = patchLength(config.vision)
  const rows: Array<Value> = []
  let deepstack: Array<Array<Value>> = []
  let patch = 0
  let token = 0
  prompt.grids.forEach(([t, h, w], clip) => {
    const count = (t * h * w) / config.vision.mergeSize ** 2
    const pixels = graph.input(`pixels${clip}`, 'float32', [t, h * w, width])
    const index = graph.input(`rows${clip}`, 'int64', [count])
    const seen = vision(graph, config, weights, { pixels, height: h, width: w })
    embeddings = inject(embeddings, index, seen.tokens)
    rows.push(index)
    deepstack = seen.deepstack.map((feature, layer) => [...(deepstack[layer] ?? []), feature])
    fixed[`pixels${clip}`] = tensor(
      'float32',
      prompt.pixels.slice(patch * width, (patch + t * h * w) * width),
      [t, h * w, width],
    )
    fixed[`rows${clip}`] = tensor(
      'int64',
      BigInt64Array.from(prompt.visual.slice(token, token + count), BigInt),
    )
    patch += t * h * w
    token += count
  })
  const hidden = text(config, weights, {
    embeddings,
    cos,
    sin,
    attend: causalAttend(mask),
    ...(rows.length > 0 && { visualRows: concatRows(rows), deepstack: deepstack.map(concatRows) }),
  })
  const scores = logits(config, weights, hidden)
  return {
    graph,
    weights,
    scores,
    feeds: (tokens, positions) => {
      const length = tokens.length
      const tables = textRope(config.text, positions)
      const dims = [1, length, config.text.headDim / 2]
      return {
        ...fixed,
        ids: tensor('int64', BigInt64Array.from(Array.from(tokens), BigInt), [1, length]),
        cos: tensor('float32', tables.cos, dims),
        sin: tensor('float32', tables.sin, dims),
        mask: tensor('float32', causalMask(length), [length, length]),
      }
    },
  }
}

const concatRows = (values: ReadonlyArray<Value>): Value =>
  values.length === 1 ? values[0]! : concat(values, 0)
