/**
 * Frame numbers and a rate whose quotient is the time of each frame. Qwen's processors, in transformers and in vLLM,
 * derive the time of a frame from its metadata as `frames_indices[i] / fps`; a frame's number in its file over the
 * file's average rate is wrong by seconds if the rate varies or the first frame is late.
 */
export interface Markers {
  /** Ticks per second; the quotient is exact to half a tick. */
  readonly fps: number
  /** Time of each frame in ticks, rounded. */
  readonly indices: ReadonlyArray<number>
  /** Ticks that the frames cover; more than the last index. */
  readonly total: number
}

/** Fine enough for 500 frames per second, coarse enough to keep the numbers short. */
const TICKS = 1000

/**
 * Markers of frames at `times` (seconds, from 0) that were sampled `fps` times a second. The total is chosen so
 * that frames over total, times the rate, gives the sampling rate: this is how Qwen2.5-VL's processor gets its interval.
 */
export const markersOf = (times: ArrayLike<number>, fps: number): Markers => {
  const indices = Array.from(times, (time) => Math.max(0, Math.round(time * TICKS)))
  return {
    fps: TICKS,
    indices,
    total: Math.max(Math.round((TICKS * times.length) / fps), (indices.at(-1) ?? 0) + 1),
  }
}

/** Times in seconds that Qwen3-VL's processor derives for the frames: `index / fps` (transformers, followed by vLLM). */
export const derivedTimes = ({ fps, indices }: Pick<Markers, 'fps' | 'indices'>): ReadonlyArray<number> =>
  indices.map((index) => index / fps)

/** Frames per second that Qwen2.5-VL's processor derives: `sampled_fps` of transformers' VideoMetadata. */
export const derivedRate = ({ fps, indices, total }: Markers): number => (indices.length / total) * fps
