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
} from '../../graph/index.ts'
import { patchLength, type Qwen3VlConfig } from './config.ts'
import { positionTaps, visionRope } from './rope.ts'
import type { Weights } from './weights.ts'

export interface VisionInputs {
  /** [F, h * w, C * 2 * 16 * 16]: F frame pairs of any number of clips, one after the other, all of one frame size. */
  readonly pixels: Value
  /** Patch rows and columns of a frame; multiples of the merge size. */
  readonly height: number
  readonly width: number
}

export interface VisionOutputs {
  /** [F * h * w / 4, D]: one row for each video pad token, in the order of the pad tokens. */
  readonly tokens: Value
  /** The DeepStack features, same shape, to be added after the first text layers. */
  readonly deepstack: ReadonlyArray<Value>
}

const epsilon = 1e-6

/**
 * The vision tower of Qwen3-VL (transformers `Qwen3VLVisionModel`). A frame pair attends to itself only, so frame pairs
 * are simply the batch axis and no mask is needed; clips of unequal length can share a batch.
 */
export const vision = (
  graph: Graph,
  config: Qwen3VlConfig,
  weights: Weights,
  inputs: VisionInputs,
): VisionOutputs => {
  const settings = config.vision
  const { hiddenSize, heads, headDim, mergeSize } = settings
  const { height, width } = inputs
  const patches = height * width
  const merged = hiddenSize * mergeSize ** 2
  const rope = visionRope(settings, height, width)
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
    inputs.pixels,
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
