import { oneDecimal, roundHalfEven } from '../core/index.ts'
import { pairTimes } from '../engine/processor/index.ts'
import { derivedRate, derivedTimes, type Markers, markersOf } from './openai/markers.ts'
import type { MediaMode } from './openai/presets.ts'
import type { ModelProfile } from './profile/index.ts'

/** How a clip is passed to the model: to the embedded engine, or to a server in one of several formats. */
export type Transport = 'embedded' | MediaMode

/** The time of one frame as the model receives it. */
export interface FrameTime {
  /** Number of the frame in its source. */
  readonly index: number
  /** True time in seconds. */
  readonly time: number
  /** The time in the prompt; null if the prompt has none. */
  readonly marker: string | null
  /** Time in seconds that the processor derives; null where it derives none. */
  readonly derived: number | null
  /** Error of marker or derived time in seconds, beyond rounding of the text; null if there is neither. */
  readonly error: number | null
  /** Whether that is more than half the time that the frame is on screen. */
  readonly wrong: boolean
}

/** The frames that a model is shown, of a source whose frames are all known. */
export interface ShownFrames {
  /** Start of every frame of the source in seconds. */
  readonly source: ArrayLike<number>
  /** Seconds from 0 to the end of its last frame. */
  readonly duration: number
  /** Numbers of the frames shown. */
  readonly indices: ArrayLike<number>
  /** Frames shown per second. */
  readonly fps: number
}

/** Rounding of times written with one decimal. */
const TEXT = 0.05 + 1e-6

/** The timing data sent to a server; none for a file, whose frames the server counts itself. */
const toldOf = ({ source, duration, indices, fps }: ShownFrames, transport: Transport): Markers => {
  if (transport !== 'file')
    return markersOf(
      Array.from(indices, (index) => source[index]!),
      fps,
    )
  const total = source.length
  return { fps: total / (duration - source[0]!), indices: Array.from(indices), total }
}

/**
 * Frames that a server takes of a file by itself: evenly by number, as vLLM's and transformers' readers do
 * (`linspace(0, total - 1, count)`).
 */
export const takenByServer = (total: number, count: number, rounded: boolean): ReadonlyArray<number> => {
  const wanted = Math.min(total, count)
  const step = wanted < 2 ? 0 : (total - 1) / (wanted - 1)
  return Array.from({ length: wanted }, (_, i) => (rounded ? roundHalfEven(i * step) : Math.floor(i * step)))
}

/** Time by position: pair k of frames starts at k intervals; the model knows only the interval. */
const byInterval = (seconds: number, depth: number, count: number) =>
  Array.from({ length: count }, (_, place) => ({
    marker: `${Math.floor(place / depth)} x ${seconds.toFixed(3)} s`,
    derived: (place * seconds) / depth,
  }))

/** Time as text before each group of `depth` frames, the mean of their derived times. */
const byText = (derived: ReadonlyArray<number>, depth: number) => {
  const means = pairTimes(derived, depth)
  return derived.map((time, place) => ({
    marker: `<${oneDecimal(means[Math.floor(place / depth)]!)} seconds>`,
    derived: time,
  }))
}

/**
 * The time of each frame as a model receives it, by the published formulas of Qwen's processors: text before each
 * pair, the mean of the two (Qwen3-VL); one interval for the clip (Qwen2.5-VL); or text before each
 * picture (any model, `frames`).
 */
export const frameTimes = (
  shown: ShownFrames,
  { timestamps, view }: Pick<ModelProfile, 'timestamps' | 'view'>,
  transport: Transport,
): ReadonlyArray<FrameTime> => {
  const { source, duration } = shown
  const times = Array.from(shown.indices, (index) => source[index]!)
  const depth = view.framesPerToken
  const told = toldOf(shown, transport)
  const interval = depth / (transport === 'embedded' ? shown.fps : derivedRate(told))
  const learned =
    transport === 'frames'
      ? byText(times, 1)
      : timestamps === 'text'
        ? byText(transport === 'embedded' ? times : derivedTimes(told), depth)
        : timestamps === 'interval'
          ? byInterval(interval, depth, times.length)
          : null
  const truth = pairTimes(times, transport === 'frames' ? 1 : depth)
  return times.map((time, place): FrameTime => {
    const index = shown.indices[place]!
    const lasts = (index + 1 < source.length ? source[index + 1]! : duration) - time
    if (learned === null) return { index, time, marker: null, derived: null, error: null, wrong: true }
    const { marker, derived } = learned[place]!
    const written = /^<(.*) seconds>$/.exec(marker)?.[1]
    const pair = truth[Math.floor(place / (transport === 'frames' ? 1 : depth))]!
    // A position refers to the frame on screen at that time; a text or derived time to the start of the frame.
    const error =
      written === undefined
        ? Math.max(0, time - derived, derived - (time + lasts))
        : Math.max(Math.abs(derived - time), Math.abs(Number(written) - pair) - TEXT, 0)
    return { index, time, marker, derived, error, wrong: error > lasts / 2 + 1e-6 }
  })
}
