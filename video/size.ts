import { roundHalfEven } from '../core/index.ts'
import type { PixelBudget } from './model.ts'

const checkAspect = (height: number, width: number) => {
  const ratio = Math.max(height, width) / Math.min(height, width)
  if (!(ratio <= 200)) throw new RangeError(`the sides ${width}x${height} differ by more than 200 times`)
}

/**
 * Size `[height, width]` of one frame in pixels: both sides multiples of `factor`, area within
 * `[minPixels, maxPixels]` where that is possible, aspect ratio about kept.
 * Identical to `smart_resize` of transformers' Qwen2-VL image processor, which Qwen3-VL shares.
 * Throws RangeError for an aspect ratio above 200.
 */
export const smartResize = (
  height: number,
  width: number,
  factor: number,
  minPixels: number,
  maxPixels: number,
): readonly [height: number, width: number] => {
  checkAspect(height, width)
  const tall = roundHalfEven(height / factor) * factor
  const wide = roundHalfEven(width / factor) * factor
  if (tall * wide > maxPixels) {
    const beta = Math.sqrt((height * width) / maxPixels)
    return [
      Math.max(factor, Math.floor(height / beta / factor) * factor),
      Math.max(factor, Math.floor(width / beta / factor) * factor),
    ]
  }
  if (tall * wide < minPixels) {
    const beta = Math.sqrt(minPixels / (height * width))
    return [Math.ceil((height * beta) / factor) * factor, Math.ceil((width * beta) / factor) * factor]
  }
  return [tall, wide]
}

/**
 * Size `[height, width]` of each of `frames` frames when the budget is of the WHOLE video: identical to
 * `smart_resize` of transformers' Qwen3-VL video processor (its `size` counts pixels over time and space).
 * Throws RangeError for an aspect ratio above 200 or fewer frames than `temporalFactor`.
 */
export const smartResizeVideo = (
  frames: number,
  height: number,
  width: number,
  factor: number,
  minPixels: number,
  maxPixels: number,
  temporalFactor = 2,
): readonly [height: number, width: number] => {
  if (frames < temporalFactor)
    throw new RangeError(`${frames} frames are fewer than the temporal factor ${temporalFactor}`)
  let high = height
  let broad = width
  if (high < factor || broad < factor) {
    const scale = Math.max(factor / high, factor / broad)
    high = Math.trunc(high * scale)
    broad = Math.trunc(broad * scale)
  }
  checkAspect(high, broad)
  const tall = roundHalfEven(high / factor) * factor
  const wide = roundHalfEven(broad / factor) * factor
  const total = roundHalfEven(frames / temporalFactor) * temporalFactor * tall * wide
  if (total > maxPixels) {
    const beta = Math.sqrt((frames * high * broad) / maxPixels)
    return [
      Math.max(factor, Math.floor(high / beta / factor) * factor),
      Math.max(factor, Math.floor(broad / beta / factor) * factor),
    ]
  }
  if (total < minPixels) {
    const beta = Math.sqrt(minPixels / (frames * high * broad))
    return [Math.ceil((high * beta) / factor) * factor, Math.ceil((broad * beta) / factor) * factor]
  }
  return [tall, wide]
}

/**
 * Size `[height, width]` of an image within a budget: the rule of the Qwen family's image processors, which also enlarge.
 * Throws RangeError for an aspect ratio above 200.
 */
export const imageSize = (
  height: number,
  width: number,
  { factor, maxPixels, minPixels = factor * factor, image = { minPixels, maxPixels } }: PixelBudget,
): readonly [height: number, width: number] =>
  smartResize(height, width, factor, image.minPixels, image.maxPixels)

/**
 * Size `[height, width]` of each of `frames` frames within a budget: the whole-clip rule of `smartResizeVideo`, then the
 * limit of one frame. A clip is never enlarged but to the smallest size that the budget allows.
 * Throws RangeError for an aspect ratio above 200.
 */
export const clipSize = (
  frames: number,
  height: number,
  width: number,
  { factor, maxPixels, clipPixels, minPixels = factor * factor }: PixelBudget,
): readonly [height: number, width: number] => {
  const [tall, wide] =
    clipPixels === undefined
      ? [height, width]
      : smartResizeVideo(Math.max(2, frames), height, width, factor, 0, clipPixels)
  const [high, broad] =
    tall * wide > maxPixels || clipPixels === undefined
      ? smartResize(height, width, factor, minPixels, maxPixels)
      : [tall, wide]
  if (height * width < minPixels || Math.min(height, width) < factor) return [high, broad]
  // The published rules enlarge one side where only rounding up exceeds the budget.
  const most = (side: number) => Math.ceil(side / factor) * factor
  return [Math.min(high, most(height)), Math.min(broad, most(width))]
}
