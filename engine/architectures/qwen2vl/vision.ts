import { add, mul, sigmoid, type Value } from '../../../graph/index.ts'
import { patchOrder } from '../parts/rope.ts'
import type { Tower } from '../parts/see.ts'
import {
  anglesOf,
  blockName,
  denseOf,
  embedPatches,
  layerNormOf,
  mergePatches,
  selfAttention,
  type TowerSettings,
  towerShapes,
  withinFrames,
} from '../parts/tower.ts'
import { layerNormShapes, linearShapes, type NamedShape } from '../parts/weights.ts'

export interface VisionSettings extends TowerSettings {
  readonly intermediateSize: number
}

export const visionShapes = (settings: VisionSettings): ReadonlyArray<NamedShape> => {
  const { hiddenSize, intermediateSize } = settings
  return towerShapes(
    settings,
    (block) => [
      ...layerNormShapes(`${block}.norm1`, hiddenSize),
      ...layerNormShapes(`${block}.norm2`, hiddenSize),
      ...linearShapes(`${block}.mlp.fc1`, intermediateSize, hiddenSize),
      ...linearShapes(`${block}.mlp.fc2`, hiddenSize, intermediateSize),
    ],
    layerNormShapes('model.visual.merger.ln_q', hiddenSize),
  )
}

/** `x sigmoid(1.702 x)`. */
const quickGelu = (x: Value): Value => mul(x, sigmoid(mul(x, 1.702)))

/** The vision tower of Qwen2-VL (transformers `Qwen2VisionTransformerPretrainedModel`): frame pairs are a batch axis. */
export const vision =
  (settings: VisionSettings): Tower =>
  (graph, weights, { pixels, height, width }) => {
    const { hiddenSize, intermediateSize } = settings
    const angles = anglesOf(graph, settings, patchOrder(height, width, settings.mergeSize))
    const dense = denseOf(weights)
    const norm = (x: Value, name: string) => layerNormOf(weights)(x, name, hiddenSize)
    let hidden = embedPatches(settings, weights, pixels)
    for (let i = 0; i < settings.depth; i++) {
      const block = blockName(i)
      const x = norm(hidden, `${block}.norm1`)
      hidden = add(hidden, selfAttention(settings, weights, x, `${block}.attn`, angles, withinFrames))
      const inner = dense(norm(hidden, `${block}.norm2`), `${block}.mlp.fc1`, intermediateSize, hiddenSize)
      hidden = add(hidden, dense(quickGelu(inner), `${block}.mlp.fc2`, hiddenSize, intermediateSize))
    }
    return {
      tokens: mergePatches(settings, weights, norm(hidden, 'model.visual.merger.ln_q')),
      deepstack: [],
    }
  }
