import type { ProcessorSettings } from '../../engine/processor/index.ts'
import { takenByServer } from '../../models/index.ts'
import type { VideoInfo } from '../../video/index.ts'

type Limits = Pick<ProcessorSettings, 'minFrames' | 'maxFrames' | 'temporalPatchSize'>

/**
 * Numbers of the frames that transformers' video processors take of a video at `fps` frames per second
 * (`sample_frames`, transformers 5.24).
 *
 * @param spread `ends`: evenly from the first to the last frame (Qwen3-VL). `starts`: the first frame of each of equally
 *   long pieces, their number cut to whole temporal patches (Qwen2-VL, Qwen2.5-VL).
 */
export const processorFrames = (
  video: Pick<VideoInfo, 'frames' | 'fps'>,
  fps: number,
  { minFrames, maxFrames, temporalPatchSize }: Limits,
  spread: 'ends' | 'starts',
): ReadonlyArray<number> => {
  const total = video.frames
  // Tolerance for averages such as 29.999999, where the container's exact rate is 30.
  const wanted = (total / video.fps) * fps + 1e-6
  if (spread === 'ends') {
    const count = Math.min(Math.max(Math.trunc(wanted), minFrames), maxFrames, total)
    return takenByServer(total, count, true)
  }
  const whole = (count: number) => Math.floor(count / temporalPatchSize) * temporalPatchSize
  const most = whole(Math.min(maxFrames, total))
  const count = Math.max(1, whole(Math.min(Math.max(wanted, minFrames), most, total)))
  // PyTorch's `arange` of a fraction is in float32.
  return Array.from({ length: count }, (_, i) => Math.trunc(Math.fround((i * total) / count)))
}

/** Frames per second that transformers' processors take `count` frames of a video to have (`sampled_fps`). */
export const processorRate = ({ frames, fps }: Pick<VideoInfo, 'frames' | 'fps'>, count: number): number =>
  (count / frames) * fps
