import { roundHalfEven } from '../core/index.ts'
import type { FrameSampling } from './model.ts'

/** When the frames of a video are shown. */
export interface Timeline {
  /** Start of each frame in seconds, rising. */
  readonly times: Float64Array
  /** End of the last frame in seconds. */
  readonly end: number
  readonly variableFrameRate: boolean
}

/** Whether gaps differ from their mean by more than a fifth and by more than the clock's own rounding. */
export const isVariable = (times: Float64Array, tick: number): boolean => {
  if (times.length < 3) return false
  const mean = (times.at(-1)! - times[0]!) / (times.length - 1)
  const tolerance = Math.max(0.2 * mean, 1.5 * tick)
  for (let i = 1; i < times.length; i++)
    if (Math.abs(times[i]! - times[i - 1]! - mean) > tolerance) return true
  return false
}

/**
 * Times of frames whose clock is too coarse to tell them apart: those with one stamp share the time up to the next,
 * at most a tick, evenly. `times` rise or stay.
 */
export const spreadTies = (times: Float64Array, tick: number): Float64Array => {
  const spread = times.slice()
  for (let from = 0, to = 1; from < times.length; from = to++) {
    while (to < times.length && times[to] === times[from]) to++
    const room = Math.min(tick, (times[to] ?? Number.POSITIVE_INFINITY) - times[from]!)
    for (let i = from + 1; i < to; i++) spread[i] = times[from]! + (room * (i - from)) / (to - from)
  }
  return spread
}

/** Median gap between frames in seconds; undefined for fewer than two frames. */
export const medianGap = (times: Float64Array): number | undefined =>
  Float64Array.from(times.subarray(1), (time, i) => time - times[i]!).sort()[(times.length - 1) >>> 1]

/** Number of the frame on screen at `time`: the last that starts at or before it, else the first. */
export const frameAt = (times: Float64Array, time: number): number => {
  // Half a microsecond of grace: 1/3 s asked for as 0.333333 still finds the frame that starts there.
  const limit = time + 5e-7
  let low = 0
  let high = times.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (times[middle]! <= limit) low = middle + 1
    else high = middle
  }
  return Math.max(0, low - 1)
}

const nearest = (times: Float64Array, time: number): number => {
  const before = frameAt(times, time)
  const after = Math.min(before + 1, times.length - 1)
  return Math.abs(times[after]! - time) < Math.abs(time - times[before]!) ? after : before
}

/** `count` frames evenly spaced over time, first and last included (transformers' `sample_frames` for Qwen3-VL). */
const spread = ({ times, variableFrameRate }: Timeline, count: number): Int32Array => {
  const total = times.length
  const wanted = Math.max(1, Math.min(count, total))
  if (wanted === total) return Int32Array.from(times.keys())
  const step = wanted === 1 ? 0 : (total - 1) / (wanted - 1)
  if (!variableFrameRate) return Int32Array.from({ length: wanted }, (_, k) => roundHalfEven(k * step))
  const seconds = wanted === 1 ? 0 : (times[total - 1]! - times[0]!) / (wanted - 1)
  return Int32Array.from({ length: wanted }, (_, k) => nearest(times, times[0]! + k * seconds))
}

/** Frames that sampling at `fps` takes of so many seconds: those at 0, 1/fps, 2/fps, ... before the end; at least one. */
export const framesIn = (seconds: number, fps: number): number =>
  // A length that is a whole number of intervals may come a rounding above it.
  Math.max(1, Math.ceil(seconds * fps - 1e-6))

/**
 * Numbers of the frames that `sampling` takes, not falling, possibly repeated (except for `times`, which keeps the
 * order asked for), and the sampling's frames per second.
 */
export const selectIndices = (
  timeline: Timeline,
  sampling: FrameSampling,
): { readonly indices: Int32Array; readonly fps: number } => {
  const { times, end } = timeline
  const rateOf = (indices: Int32Array): number => {
    const span = times[indices.at(-1)!]! - times[indices[0]!]!
    return span > 0 ? (indices.length - 1) / span : times.length / Math.max(end - times[0]!, 1e-6)
  }
  if (sampling.kind === 'times') {
    const indices = Int32Array.from(sampling.times, (time) => frameAt(times, time))
    return { indices, fps: rateOf(indices) }
  }
  if (sampling.kind === 'rate') {
    const natural = framesIn(end, sampling.fps)
    const bounded = Math.min(
      Math.max(natural, sampling.min ?? 1),
      sampling.max ?? Number.POSITIVE_INFINITY,
      times.length,
    )
    if (bounded === natural) {
      const indices = Int32Array.from({ length: natural }, (_, k) => frameAt(times, k / sampling.fps))
      return { indices, fps: sampling.fps }
    }
    const indices = spread(timeline, bounded)
    return { indices, fps: rateOf(indices) }
  }
  const indices =
    sampling.kind === 'frames'
      ? Int32Array.from(sampling.numbers, (number) => Math.max(0, Math.min(number, times.length - 1)))
      : spread(timeline, sampling.count)
  return { indices, fps: rateOf(indices) }
}
