import { type Dim, type Graph, multiplyDims } from '../graph/index.ts'
import type { FrameInputs, Model } from './architectures/index.ts'

/** Patch rows and columns of a frame; undefined for prompts without video. */
export type FrameShape = { readonly height: number; readonly width: number } | undefined

/** Adds the inputs `pixels` and `visual_rows` for `frames` frame pairs of one size; none without video. */
export const frameInputs = (
  graph: Graph,
  model: Model,
  frames: Dim,
  shape: FrameShape,
): ReadonlyArray<FrameInputs> => {
  if (shape === undefined) return []
  const patches = shape.height * shape.width
  const pixels = graph.input('pixels', 'float32', [frames, patches, model.vision.patchLength])
  const perFrame = patches / model.vision.mergeSize ** 2
  const rows = graph.input('visual_rows', 'int64', [multiplyDims(frames, perFrame)])
  return [{ pixels, rows, ...shape }]
}
