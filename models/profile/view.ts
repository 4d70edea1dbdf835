import type { PixelBudget, RateSampling, VideoInfo } from '../../video/index.ts'
import { clipSize } from '../../video/index.ts'
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

/** Their size: the whole-clip rule of the model's processor within the budget. */
export const budgetOf = (
  { maxPixels, visionTokens }: ViewSettings,
  { factor, framesPerToken }: Pick<View, 'factor' | 'framesPerToken'>,
): PixelBudget => ({
  maxPixels,
  clipPixels: visionTokens * framesPerToken * factor ** 2,
  factor,
})

/** Maximum size in bytes of the RGB frames of one clip. */
export const largestClip = (
  { frames, maxPixels, visionTokens }: ViewSettings,
  { factor, framesPerToken }: Pick<View, 'factor' | 'framesPerToken'>,
): number =>
  3 *
  Math.max(frames * factor ** 2, Math.min(frames * maxPixels, visionTokens * framesPerToken * factor ** 2))

/** What a model sees of one video. */
export interface Sight {
  readonly frames: number
  /** Frames per second that are shown. */
  readonly fps: number
  readonly width: number
  readonly height: number
  /** Vision tokens of a request that sends the clip as one video, and of one that sends its frames as pictures. */
  readonly videoTokens: number
  readonly pictureTokens: number
}

/** What a model would see of a video, without decoding it. */
export const sightOf = (
  view: View,
  { duration, width, height, frames: all }: Pick<VideoInfo, 'duration' | 'width' | 'height' | 'frames'>,
): Sight => {
  const frames = Math.max(
    1,
    Math.min(all, view.frames, Math.max(view.minFrames, Math.ceil(duration * view.fps))),
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
