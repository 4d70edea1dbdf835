import {
  add,
  attention,
  concat,
  gather,
  mul,
  reshape,
  rmsNorm,
  silu,
  slice,
  type Value,
} from '../../../graph/index.ts'
import { patchOrder } from '../parts/rope.ts'
import type { Tower } from '../parts/see.ts'
import {
  anglesOf,
  blockName,
  denseOf,
  embedPatches,
  mergePatches,
  patchLength,
  selfAttention,
  type TowerAttention,
  type TowerSettings,
  towerShapes,
  withinFrames,
} from '../parts/tower.ts'
import { linearShapes, type NamedShape } from '../parts/weights.ts'
import { type WindowGroup, windowsOf } from './windows.ts'

export interface VisionSettings extends TowerSettings {
  readonly intermediateSize: number
  /** Pixels of a window's side. */
  readonly windowSize: number
  /** Blocks whose patches attend to the whole frame. */
  readonly fullAttention: ReadonlyArray<number>
}

const epsilon = 1e-6
const mergerNorm = 'model.visual.merger.ln_q'

export const visionShapes = (settings: VisionSettings): ReadonlyArray<NamedShape> => {
  const { hiddenSize, intermediateSize } = settings
  return towerShapes(
    settings,
    (block) => [
      [`${block}.norm1.weight`, [hiddenSize]],
      [`${block}.norm2.weight`, [hiddenSize]],
      ...linearShapes(`${block}.mlp.gate_proj`, intermediateSize, hiddenSize),
      ...linearShapes(`${block}.mlp.up_proj`, intermediateSize, hiddenSize),
      ...linearShapes(`${block}.mlp.down_proj`, hiddenSize, intermediateSize),
    ],
    [[`${mergerNorm}.weight`, [hiddenSize]]],
  )
}

/** Attention within each window: a window is one more head, so that no mask is needed. */
const withinWindows =
  (groups: ReadonlyArray<WindowGroup>, { heads, headDim, mergeSize }: VisionSettings): TowerAttention =>
  (q, k, v) => {
    const parts = groups.map(({ start, windows, blocks }) => {
      const patches = blocks * mergeSize ** 2
      const from = start * mergeSize ** 2
      const cut = (x: Value) =>
        reshape(slice(x, { axis: 2, start: from, end: from + windows * patches }), [
          -1,
          heads * windows,
          patches,
          headDim,
        ])
      return reshape(attention(cut(q), cut(k), cut(v)), [-1, heads, windows * patches, headDim])
    })
    return concat(parts, 2)
  }

/** Takes the entries of axis 1 in another order. */
const reordered = (x: Value, order: ReadonlyArray<number>): Value =>
  order.every((from, to) => from === to)
    ? x
    : gather(x, x.graph.constant([...order], [order.length], 'int64'), 1, { distinct: true })

const inverse = (order: ReadonlyArray<number>): ReadonlyArray<number> =>
  order.map((_, place) => order.indexOf(place))

/**
 * The vision tower of Qwen2.5-VL (transformers `Qwen2_5_VisionTransformerPretrainedModel`). Frame pairs are a batch
 * axis; within a frame the merged blocks are put window by window at the start and back in order at the end.
 */
export const vision =
  (settings: VisionSettings): Tower =>
  (graph, weights, { pixels, height, width }) => {
    const { hiddenSize, intermediateSize, mergeSize, patchSize, outHiddenSize } = settings
    const patches = height * width
    const perBlock = mergeSize ** 2
    const side = Math.floor(settings.windowSize / mergeSize / patchSize)
    const { order, groups } = windowsOf(height / mergeSize, width / mergeSize, side)
    const windowed = withinWindows(groups, settings)
    const places = patchOrder(height, width, mergeSize)
    const angles = anglesOf(
      graph,
      settings,
      order.flatMap((block) => places.slice(block * perBlock, (block + 1) * perBlock)),
    )
    const dense = denseOf(weights)
    const norm = (x: Value, name: string) => rmsNorm(x, weights(`${name}.weight`, [hiddenSize]), epsilon)

    const blocks = reshape(pixels, [-1, order.length, perBlock * patchLength(settings)])
    const sorted = reshape(reordered(blocks, order), [-1, patches, patchLength(settings)])
    let hidden = embedPatches(settings, weights, sorted)
    for (let i = 0; i < settings.depth; i++) {
      const block = blockName(i)
      const attend = settings.fullAttention.includes(i) ? withinFrames : windowed
      const first = norm(hidden, `${block}.norm1`)
      hidden = add(hidden, selfAttention(settings, weights, first, `${block}.attn`, angles, attend))
      const x = norm(hidden, `${block}.norm2`)
      const gate = silu(dense(x, `${block}.mlp.gate_proj`, intermediateSize, hiddenSize))
      const up = dense(x, `${block}.mlp.up_proj`, intermediateSize, hiddenSize)
      const inner = dense(mul(gate, up), `${block}.mlp.down_proj`, hiddenSize, intermediateSize)
      hidden = add(hidden, inner)
    }
    const merged = mergePatches(settings, weights, norm(hidden, mergerNorm))
    const byFrame = reshape(merged, [-1, order.length, outHiddenSize])
    const tokens = reshape(reordered(byFrame, inverse(order)), [-1, outHiddenSize])
    return { tokens, deepstack: [] }
  }
