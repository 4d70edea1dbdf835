import {
  add,
  attention,
  type Graph,
  gather,
  gelu,
  layerNorm,
  linear,
  mul,
  reduceSum,
  reshape,
  rotary,
  split,
  squeeze,
  transpose,
  type Value,
} from '../../../graph/index.ts'
import type { Weights } from '../contract.ts'
import { patchOrder, visionRope } from '../parts/rope.ts'
import type { Tower } from '../parts/see.ts'
import { layerNormShapes, linearShapes, type NamedShape } from '../parts/weights.ts'
import { patchLength, type Qwen3VlConfig } from './config.ts'
import { positionTaps } from './position-taps.ts'

const epsilon = 1e-6

/** The tower's tensors. */
export const visionShapes = ({ vision: settings }: Qwen3VlConfig): ReadonlyArray<NamedShape> => {
  const { hiddenSize, intermediateSize, patchSize } = settings
  const merged = hiddenSize * settings.mergeSize ** 2
  const merger = (name: string, norm: number) => [
    ...layerNormShapes(`${name}.norm`, norm),
    ...linearShapes(`${name}.linear_fc1`, merged, merged),
    ...linearShapes(`${name}.linear_fc2`, settings.outHiddenSize, merged),
  ]
  return [
    [
      'model.visual.patch_embed.proj.weight',
      [hiddenSize, settings.channels, settings.temporalPatchSize, patchSize, patchSize],
    ],
    ['model.visual.patch_embed.proj.bias', [hiddenSize]],
    ['model.visual.pos_embed.weight', [settings.positions, hiddenSize]],
    ...Array.from({ length: settings.depth }, (_, i) => {
      const block = `model.visual.blocks.${i}`
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
    const { hiddenSize, heads, headDim, mergeSize } = settings
    const patches = height * width
    const merged = hiddenSize * mergeSize ** 2
    const rope = visionRope(settings, patchOrder(height, width, mergeSize))
    const tableShape = [1, patches, headDim / 2]
    const cos = graph.constant(rope.cos, tableShape)
    const sin = graph.constant(rope.sin, tableShape)

    const dense = (x: Value, name: string, out: number, input: number) =>
      linear(x, weights(`${name}.weight`, [out, input]), weights(`${name}.bias`, [out]))
    const norm = (x: Value, name: string, size: number) =>
      layerNorm(x, weights(`${name}.weight`, [size]), weights(`${name}.bias`, [size]), epsilon)

    // Frames have the same angles, so for the rotation frames and heads are one axis.
    const turn = (x: Value) =>
      reshape(rotary(reshape(x, [1, -1, patches, headDim]), cos, sin), [-1, heads, patches, headDim])

    const selfAttention = (x: Value, name: string): Value => {
      const qkv = dense(x, `${name}.qkv`, 3 * hiddenSize, hiddenSize)
      const parts = transpose(reshape(qkv, [0, patches, 3, heads, headDim]), [2, 0, 3, 1, 4])
      const [q, k, v] = split(parts, [1, 1, 1], 0).map((part) => squeeze(part, 0))
      const context = attention(turn(q!), turn(k!), v!)
      const rows = reshape(transpose(context, [0, 2, 1, 3]), [0, patches, hiddenSize])
      return dense(rows, `${name}.proj`, hiddenSize, hiddenSize)
    }

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

    const kernel = weights('model.visual.patch_embed.proj.weight', [
      hiddenSize,
      settings.channels,
      settings.temporalPatchSize,
      settings.patchSize,
      settings.patchSize,
    ])
    const embedded = linear(
      pixels,
      reshape(kernel, [hiddenSize, patchLength(settings)]),
      weights('model.visual.patch_embed.proj.bias', [hiddenSize]),
    )
    let hidden = add(embedded, learnedPositions(graph, config, weights, height, width))
    const deepstack: Array<Value> = []
    for (let i = 0; i < settings.depth; i++) {
      const block = `model.visual.blocks.${i}`
      hidden = add(hidden, selfAttention(norm(hidden, `${block}.norm1`, hiddenSize), `${block}.attn`))
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
