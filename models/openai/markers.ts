/**
 * Frame numbers and a rate whose quotient is the time of each frame. Qwen's processors, in transformers and in vLLM,
 * derive the time of a frame from its metadata as `frames_indices[i] / fps`; a frame's number in its file over the
 * file's average rate is wrong by seconds where the rate varies or the first frame comes late.
 */
export interface Markers {
  /** Ticks per second; the quotient is exact to half a tick. */
  readonly fps: number
  /** Time of each frame in ticks, rounded. */
  readonly indices: ReadonlyArray<number>
  /** Ticks of the whole video, more than the last index. */
  readonly total: number
}

/** Fine enough for 60 frames per second, coarse enough that the numbers stay short. */
const TICKS = 1000

/** Markers of frames at `times` (seconds, from 0) in a video of `duration` seconds. */
export const markersOf = (times: ArrayLike<number>, duration: number): Markers => {
  const indices = Array.from(times, (time) => Math.max(0, Math.round(time * TICKS)))
  return { fps: TICKS, indices, total: Math.max(Math.ceil(duration * TICKS), (indices.at(-1) ?? 0) + 1) }
}

/**
 * Times in seconds that Qwen3-VL's processor writes into the prompt, one for each pair of frames: the mean of
 * `index / fps` of the pair, an odd last frame being paired with itself (transformers' `Qwen3VLProcessor`, which vLLM
 * follows).
 */
export const derivedTimes = ({ fps, indices }: Pick<Markers, 'fps' | 'indices'>): ReadonlyArray<number> => {
  const pairs = Math.ceil(indices.length / 2)
  return Array.from({ length: pairs }, (_, pair) => {
    const first = indices[2 * pair]!
    return (first / fps + (indices[2 * pair + 1] ?? first) / fps) / 2
  })
}
