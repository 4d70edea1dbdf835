import type { Window } from '../core/index.ts'
import type { Clip, FrameSampling, VideoInfo } from './model.ts'
import { framesIn } from './timeline.ts'

/** Sampling of a whole clip: so many frames a second, within these limits. */
export type RateSampling = Extract<FrameSampling, { readonly kind: 'rate' }>

/**
 * The frames of a part of a video, given by its first frame and the one at which it ends (excluded), sampled as a whole
 * clip of that length would be.
 */
export const segmentSampling = (
  { fps, max = Number.POSITIVE_INFINITY, min = 1 }: RateSampling,
  [start, end]: Window,
  info: Pick<VideoInfo, 'fps'>,
): FrameSampling => {
  const length = end - start
  const wanted = Math.min(max, Math.max(min, framesIn(length / info.fps, fps)))
  const count = Math.max(1, Math.min(wanted, Math.floor(length)))
  return {
    kind: 'frames',
    numbers: Array.from({ length: count }, (_, i) => start + Math.floor((i * length) / count)),
  }
}

/** A decoded part of a video as a clip of its own: its time begins at 0 and it is as long as the part. */
export const segmentClip = (clip: Clip, [start, end]: Window): Clip => {
  const { info } = clip
  const from = start / info.fps
  const duration = (end - start) / info.fps
  return {
    ...clip,
    partial: true,
    times: clip.times.map((time) => Math.max(0, time - from)),
    fps: clip.times.length / duration,
    info: { ...info, duration, frames: Math.floor(end - start) },
  }
}
