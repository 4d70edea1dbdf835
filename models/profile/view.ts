import type { PixelBudget, RateSampling, VideoInfo } from '../../video/index.ts'
import { clipSize, framesIn, imageSize } from '../../video/index.ts'
import type { View } from './profile.ts'

/** The part of a view that verdicts record and that a user can set. */
export type ViewSettings = Pick<View, 'fps' | 'frames' | 'minFrames' | 'maxPixels' | 'visionTokens'>

/** Which frames a model sees of a video. */
export const samplingOf = ({ fps, frames, minFrames }: ViewSettings): RateSampling => ({
  kind: 'rate',
  fps,
  max: frames,
  ...(minFrames > 1 ? { min: minFrames } : {}),
})

/** Their size: the whole-clip rule of the model's processor within the budget, and the rule of its images. */
export const budgetOf = (
  { maxPixels, visionTokens }: ViewSettings,
  { factor, framesPerToken, minImagePixels }: Pick<View, 'factor' | 'framesPerToken' | 'minImagePixels'>,
): PixelBudget => {
  const most = Math.min(maxPixels, visionTokens * factor ** 2)
  return {
    maxPixels,
    clipPixels: visionTokens * framesPerToken * factor ** 2,
    factor,
    image: { minPixels: Math.min(most, Math.max(minImagePixels, factor ** 2)), maxPixels: most },
  }
}

/** Maximum size in bytes of the RGB frames of one clip. */
export const largestClip = (
  { frames, maxPixels, visionTokens }: ViewSettings,
  { factor, framesPerToken }: Pick<View, 'factor' | 'framesPerToken'>,
): number =>
  3 *
  Math.max(frames * factor ** 2, Math.min(frames * maxPixels, visionTokens * framesPerToken * factor ** 2))

/** What a model sees of one video or image. */
export interface Sight {
  /** Set for an image. */
  readonly still?: true
  readonly frames: number
  /** Frames per second that are shown. */
  readonly fps: number
  readonly width: number
  readonly height: number
  /** Vision tokens of a request that sends the clip as one video, and of one that sends its frames as pictures. */
  readonly videoTokens: number
  readonly pictureTokens: number
}

/** What a model would see of a video or an image, without decoding it. */
export const sightOf = (
  view: View,
  {
    still,
    duration,
    width,
    height,
    frames: all,
  }: Pick<VideoInfo, 'still' | 'duration' | 'width' | 'height' | 'frames'>,
): Sight => {
  if (still === true) {
    const [tall, wide] = imageSize(height, width, budgetOf(view, view))
    const tokens = (tall * wide) / view.factor ** 2
    return { still, frames: 1, fps: 1, width: wide, height: tall, videoTokens: tokens, pictureTokens: tokens }
  }
  const frames = Math.max(
    1,
    Math.min(all, view.frames, Math.max(view.minFrames, framesIn(duration, view.fps))),
  )
  const [tall, wide] = clipSize(frames, height, width, budgetOf(view, view))
  const each = (tall * wide) / view.factor ** 2
  return {
    frames,
    fps: frames / Math.max(duration, 1e-3),
    width: wide,
    height: tall,
    videoTokens: Math.ceil(frames / view.framesPerToken) * each,
    pictureTokens: frames * each,
  }
}
