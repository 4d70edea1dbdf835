import { add, type Graph, gather, gelu, mul, reduceSum, reshape, type Value } from '../../../graph/index.ts'
import type { Weights } from '../contract.ts'
import { patchOrder } from '../parts/rope.ts'
import type { Tower } from '../parts/see.ts'
import {
  anglesOf,
  blockName,
  denseOf,
  embedPatches,
  layerNormOf,
  patchShapes,
  selfAttention,
  withinFrames,
} from '../parts/tower.ts'
import { layerNormShapes, linearShapes, type NamedShape } from '../parts/weights.ts'
import type { Qwen3VlConfig } from './config.ts'
import { positionTaps } from './position-taps.ts'

/** The tower's tensors. */
export const visionShapes = ({ vision: settings }: Qwen3VlConfig): ReadonlyArray<NamedShape> => {
  const { hiddenSize, intermediateSize } = settings
  const merged = hiddenSize * settings.mergeSize ** 2
  const merger = (name: string, norm: number) => [
    ...layerNormShapes(`${name}.norm`, norm),
    ...linearShapes(`${name}.linear_fc1`, merged, merged),
    ...linearShapes(`${name}.linear_fc2`, settings.outHiddenSize, merged),
  ]
  return [
    ...patchShapes(settings, true),
    ['model.visual.pos_embed.weight', [settings.positions, hiddenSize]],
    ...Array.from({ length: settings.depth }, (_, i) => {
      const block = blockName(i)
      return [
        ...layerNormShapes(`${block}.norm1`, hiddenSize),
        ...layerNormShapes(`${block}.norm2`, hiddenSize),
        ...linearShapes(`${block}.attn.qkv`, 3 * hiddenSize, hiddenSize),
        ...linearShapes(`${block}.attn.proj`, hiddenSize, hiddenSize),
        ...linearShapes(`${block}.mlp.linear_fc1`, intermediateSize, hiddenSize),
        ...linearShapes(`${block}.mlp.linear_fc2`, hiddenSize, intermediateSize),
      ]
    }).flat(),
    ...merger('model.visual.merger', hiddenSize),
    ...settings.deepstack.flatMap((_, i) => merger(`model.visual.deepstack_merger_list.${i}`, merged)),
  ]
}

/**
 * The vision tower of Qwen3-VL (transformers `Qwen3VLVisionModel`). A frame pair attends to itself only, so frame pairs
 * are simply the batch axis and no mask is needed; clips of unequal length can share a batch.
 */
export const vision =
  (config: Qwen3VlConfig): Tower =>
  (graph, weights, { pixels, height, width }) => {
    const settings = config.vision
    const { hiddenSize, mergeSize } = settings
    const merged = hiddenSize * mergeSize ** 2
    const angles = anglesOf(graph, settings, patchOrder(height, width, mergeSize))
    const dense = denseOf(weights)
    const norm = layerNormOf(weights)

    const merger = (x: Value, name: string, normAfterShuffle: boolean): Value => {
      const shuffled = normAfterShuffle
        ? norm(reshape(x, [-1, merged]), `${name}.norm`, merged)
        : reshape(norm(x, `${name}.norm`, hiddenSize), [-1, merged])
      return dense(
        gelu(dense(shuffled, `${name}.linear_fc1`, merged, merged)),
        `${name}.linear_fc2`,
        settings.outHiddenSize,
        merged,
      )
    }

    const embedded = embedPatches(settings, weights, pixels, true)
    let hidden = add(embedded, learnedPositions(graph, config, weights, height, width))
    const deepstack: Array<Value> = []
    for (let i = 0; i < settings.depth; i++) {
      const block = blockName(i)
      const x = norm(hidden, `${block}.norm1`, hiddenSize)
      hidden = add(hidden, selfAttention(settings, weights, x, `${block}.attn`, angles, withinFrames))
      const inner = dense(
        norm(hidden, `${block}.norm2`, hiddenSize),
        `${block}.mlp.linear_fc1`,
        settings.intermediateSize,
        hiddenSize,
      )
      const outer = dense(
        gelu(inner, { tanh: true }),
        `${block}.mlp.linear_fc2`,
        hiddenSize,
        settings.intermediateSize,
      )
      hidden = add(hidden, outer)
      const tap = settings.deepstack.indexOf(i)
      if (tap >= 0) deepstack[tap] = merger(hidden, `model.visual.deepstack_merger_list.${tap}`, true)
    }
    return { tokens: merger(hidden, 'model.visual.merger', false), deepstack }
  }

/** The learned position table resampled to the frame, [1, h * w, D]. */
const learnedPositions = (
  graph: Graph,
  config: Qwen3VlConfig,
  weights: Weights,
  height: number,
  width: number,
): Value => {
  const { positions, hiddenSize } = config.vision
  const patches = height * width
  const taps = positionTaps(config.vision, height, width)
  const indices = graph.constant(BigInt64Array.from(taps.indices, BigInt), [patches * 4], 'int64')
  const rows = gather(weights('model.visual.pos_embed.weight', [positions, hiddenSize]), indices, 0)
  const weighted = mul(
    reshape(rows, [1, patches, 4, hiddenSize]),
    graph.constant(taps.weights, [1, patches, 4, 1]),
  )
  return reduceSum(weighted, [2])
}
