import {
  attention,
  type Graph,
  gelu,
  layerNorm,
  linear,
  reshape,
  rotary,
  split,
  squeeze,
  transpose,
  type Value,
} from '../../../graph/index.ts'
import type { Weights } from '../contract.ts'
import { visionRope } from './rope.ts'
import { linearShapes, type NamedShape } from './weights.ts'

/** What the vision towers of the Qwen family have in common. */
export interface TowerSettings {
  readonly depth: number
  readonly hiddenSize: number
  readonly heads: number
  readonly headDim: number
  readonly channels: number
  readonly patchSize: number
  readonly temporalPatchSize: number
  readonly mergeSize: number
  /** Width of the decoder that takes the tokens. */
  readonly outHiddenSize: number
  readonly ropeTheta: number
}

/** Length of one flattened patch: channels x temporal patch x patch x patch. */
export const patchLength = (settings: TowerSettings): number =>
  settings.channels * settings.temporalPatchSize * settings.patchSize ** 2

export const blockName = (block: number): string => `model.visual.blocks.${block}`

/** A linear map with bias, by its name. */
export const denseOf =
  (weights: Weights) =>
  (x: Value, name: string, out: number, input: number): Value =>
    linear(x, weights(`${name}.weight`, [out, input]), weights(`${name}.bias`, [out]))

const epsilon = 1e-6

/** A layer norm over `size` features, by its name. */
export const layerNormOf =
  (weights: Weights) =>
  (x: Value, name: string, size: number): Value =>
    layerNorm(x, weights(`${name}.weight`, [size]), weights(`${name}.bias`, [size]), epsilon)

/** cos and sin, [1, P, Dh / 2] each: two-dimensional rotary angles of the patches of a frame. */
export interface Angles {
  readonly cos: Value
  readonly sin: Value
}

/** Angles of patches at the given rows and columns. */
export const anglesOf = (
  graph: Graph,
  settings: TowerSettings,
  places: Parameters<typeof visionRope>[1],
): Angles => {
  const { cos, sin } = visionRope(settings, places)
  const shape = [1, places.length, settings.headDim / 2]
  return { cos: graph.constant(cos, shape), sin: graph.constant(sin, shape) }
}

const patchName = 'model.visual.patch_embed.proj'

const kernelShape = ({ hiddenSize, channels, temporalPatchSize, patchSize }: TowerSettings) => [
  hiddenSize,
  channels,
  temporalPatchSize,
  patchSize,
  patchSize,
]

/** The tensors of the patch embedding, which has a bias in Qwen3-VL only. */
export const patchShapes = (settings: TowerSettings, bias = false): ReadonlyArray<NamedShape> => [
  [`${patchName}.weight`, kernelShape(settings)],
  ...(bias ? [[`${patchName}.bias`, [settings.hiddenSize]] as const] : []),
]

/** Patches [F, P, patchLength] to [F, P, D]. */
export const embedPatches = (
  settings: TowerSettings,
  weights: Weights,
  pixels: Value,
  bias = false,
): Value => {
  const { hiddenSize } = settings
  const kernel = reshape(weights(`${patchName}.weight`, kernelShape(settings)), [
    hiddenSize,
    patchLength(settings),
  ])
  return linear(pixels, kernel, bias ? weights(`${patchName}.bias`, [hiddenSize]) : undefined)
}

/** The tensors of a tower of Qwen2-VL or Qwen2.5-VL; norms and the blocks' inner layers are each tower's own. */
export const towerShapes = (
  settings: TowerSettings,
  ofBlock: (name: string) => ReadonlyArray<NamedShape>,
  mergerNorm: ReadonlyArray<NamedShape>,
): ReadonlyArray<NamedShape> => {
  const { hiddenSize, outHiddenSize } = settings
  const merged = hiddenSize * settings.mergeSize ** 2
  return [
    ...patchShapes(settings),
    ...Array.from({ length: settings.depth }, (_, i) => [
      ...linearShapes(`${blockName(i)}.attn.qkv`, 3 * hiddenSize, hiddenSize),
      ...linearShapes(`${blockName(i)}.attn.proj`, hiddenSize, hiddenSize),
      ...ofBlock(blockName(i)),
    ]).flat(),
    ...mergerNorm,
    ...linearShapes('model.visual.merger.mlp.0', merged, merged),
    ...linearShapes('model.visual.merger.mlp.2', outHiddenSize, merged),
  ]
}

/** Attention of heads [F, heads, P, Dh] that are rotated already. */
export type TowerAttention = (q: Value, k: Value, v: Value) => Value

/** Each frame pair attends to itself. */
export const withinFrames: TowerAttention = (q, k, v) => attention(q, k, v)

/** Self-attention of a block on [F, P, D]. */
export const selfAttention = (
  settings: TowerSettings,
  weights: Weights,
  x: Value,
  name: string,
  { cos, sin }: Angles,
  attend: TowerAttention,
): Value => {
  const { hiddenSize, heads, headDim } = settings
  const patches = x.shape[1]!
  const dense = denseOf(weights)
  const qkv = dense(x, `${name}.qkv`, 3 * hiddenSize, hiddenSize)
  const parts = transpose(reshape(qkv, [0, patches, 3, heads, headDim]), [2, 0, 3, 1, 4])
  const [q, k, v] = split(parts, [1, 1, 1], 0).map((part) => squeeze(part, 0))
  // Frames have the same angles, so for the rotation frames and heads are one axis.
  const turn = (heads4: Value) =>
    reshape(rotary(reshape(heads4, [1, -1, patches, headDim]), cos, sin), [-1, heads, patches, headDim])
  const context = attend(turn(q!), turn(k!), v!)
  const rows = reshape(transpose(context, [0, 2, 1, 3]), [0, patches, hiddenSize])
  return dense(rows, `${name}.proj`, hiddenSize, hiddenSize)
}

/** Normed patches [F, P, D], merge blocks together, to one token for each block: [F * P / merge^2, out]. */
export const mergePatches = (settings: TowerSettings, weights: Weights, normed: Value): Value => {
  const merged = settings.hiddenSize * settings.mergeSize ** 2
  const dense = denseOf(weights)
  const inner = dense(reshape(normed, [-1, merged]), 'model.visual.merger.mlp.0', merged, merged)
  return dense(gelu(inner), 'model.visual.merger.mlp.2', settings.outHiddenSize, merged)
}
