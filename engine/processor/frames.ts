import type { Grid } from '../architectures/index.ts'
import type { ProcessorSettings } from './settings.ts'
import type { Frames } from './types.ts'

/** float32 value of every byte in every channel, rounded where transformers' fused rescale and normalise rounds. */
const lookup = ({ mean, std, rescaleFactor }: ProcessorSettings): Float32Array => {
  const f32 = Math.fround
  const scale = f32(1 / rescaleFactor)
  const table = new Float32Array(3 * 256)
  for (let channel = 0; channel < 3; channel++) {
    const centre = f32(f32(mean[channel]!) * scale)
    const spread = f32(f32(std[channel]!) * scale)
    for (let byte = 0; byte < 256; byte++) table[channel * 256 + byte] = f32(byte - centre) / spread
  }
  return table
}

/**
 * Pixel values of a clip as transformers' video processors of the Qwen family make them: normalised, an odd last frame repeated, cut into patches
 * of frames x rows x columns (2 x 16 x 16 for Qwen3-VL), stored merge block by merge block. Returns
 * [t * h * w, 3 * patch volume] row-major and the grid. Frames must be a multiple of patch x merge pixels in both
 * directions; they are not resized.
 */
export const patchify = (
  clip: Frames,
  settings: ProcessorSettings,
): { readonly pixels: Float32Array; readonly grid: Grid } => {
  const { patchSize: patch, temporalPatchSize: depth, mergeSize: merge } = settings
  const { width, height, rgb } = clip
  const frames = clip.times.length
  const factor = patch * merge
  if (width % factor !== 0 || height % factor !== 0) {
    throw new RangeError(`patchify: frames of ${width}x${height} are not a multiple of ${factor}`)
  }
  if (frames === 0 || rgb.length !== frames * width * height * 3) {
    throw new RangeError(`patchify: ${rgb.length} bytes do not make ${frames} frames of ${width}x${height}`)
  }
  const t = Math.ceil(frames / depth)
  const h = height / patch
  const w = width / patch
  const table = lookup(settings)
  const pixels = new Float32Array(t * h * w * 3 * depth * patch * patch)
  const area = depth * patch * patch
  let row = 0
  for (let pair = 0; pair < t; pair++) {
    for (let blockY = 0; blockY < h; blockY += merge) {
      for (let blockX = 0; blockX < w; blockX += merge) {
        for (let place = 0; place < merge * merge; place++, row += 3 * area) {
          const top = (blockY + Math.floor(place / merge)) * patch
          const left = (blockX + (place % merge)) * patch
          for (let d = 0; d < depth; d++) {
            const frame = Math.min(pair * depth + d, frames - 1)
            for (let y = 0; y < patch; y++) {
              let from = ((frame * height + top + y) * width + left) * 3
              let to = row + (d * patch + y) * patch
              for (let x = 0; x < patch; x++, from += 3, to++) {
                pixels[to] = table[rgb[from]!]!
                pixels[to + area] = table[256 + rgb[from + 1]!]!
                pixels[to + 2 * area] = table[512 + rgb[from + 2]!]!
              }
            }
          }
        }
      }
    }
  }
  return { pixels, grid: [t, h, w] }
}

/** The time of each frame pair: the mean of its first and last frame's, an odd last frame repeated. */
export const pairTimes = (times: ArrayLike<number>, depth: number): Array<number> =>
  Array.from({ length: Math.ceil(times.length / depth) }, (_, pair) => {
    const last = Math.min(pair * depth + depth - 1, times.length - 1)
    return (times[pair * depth]! + times[last]!) / 2
  })

/** Frames later than this many intervals were not moved to the nearest picture: others before them are missing. */
const lateFrame = 0.75

/** Whether no frame is missing between the first and the last: each is on screen at its place in the sampling. */
export const evenlySpaced = ({ times, fps }: Pick<Frames, 'times' | 'fps'>): boolean =>
  times.every((time, place) => (time - times[0]!) * fps - place < lateFrame)
