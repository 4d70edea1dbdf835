import { z } from 'zod'
import type { Sample, Window } from '../core/index.ts'

const frames = z.array(z.tuple([z.number(), z.number()]))

/**
 * The annotated repetitions of a counting sample, `meta.cycles`: first and last frame of each, at the video's own rate;
 * null where it has none. Whether they fit the count and the clip is what `cyclesProblem` says.
 */
export const cycleFrames = ({ meta }: Pick<Sample, 'meta'>): ReadonlyArray<Window> | null =>
  frames.safeParse(meta?.cycles).data ?? null

/** Rounding of frame numbers: cycles that share their border frame do not overlap. */
export const cycleSlack = 1

/**
 * Why the annotated cycles of a sample cannot be right, or null: not as many as counted, one that is not in whole frames, without length, before the
 * start, past the end of the clip or over the one before it.
 *
 * @param total frames of the clip, where known.
 */
export const cyclesProblem = (
  sample: Pick<Sample, 'meta' | 'answer'>,
  total = Number.POSITIVE_INFINITY,
): string | null => {
  const cycles = cycleFrames(sample)
  if (cycles === null) return sample.meta?.cycles == null ? null : 'meta.cycles are no pairs of frame numbers'
  if (sample.answer !== undefined && cycles.length !== Number(sample.answer))
    return `${cycles.length} cycles are annotated, and the count is ${sample.answer}`
  for (const [index, [start, end]] of cycles.entries()) {
    const name = `cycle ${index + 1} [${start}, ${end}]`
    if (!Number.isInteger(start) || !Number.isInteger(end))
      return `${name} is not in whole frames; seconds times the frame rate are frames`
    if (!(start < end)) return `${name} ${start === end ? 'has no length' : 'ends before it starts'}`
    if (start < 0) return `${name} starts before the clip`
    if (end > total + cycleSlack) return `${name} ends after the clip's ${total} frames`
    const before = cycles[index - 1]
    if (before !== undefined && start < before[1] - cycleSlack)
      return end <= before[0] + cycleSlack
        ? `${name} is listed after a later one`
        : `${name} overlaps the one before`
  }
  return null
}

/** The annotated cycles in seconds of a video with `fps` frames per second; null where there are none. */
export const cycleSeconds = (sample: Pick<Sample, 'meta'>, fps: number): ReadonlyArray<Window> | null =>
  cycleFrames(sample)?.map(([start, end]): Window => [start / fps, end / fps]) ?? null

/** The cycles of a clip, and how often a second the model sees it. */
export interface SeenCycles {
  /** Seconds. */
  readonly cycles: ReadonlyArray<Window>
  /** Frames per second. */
  readonly fps: number
}

/** A movement is seen to repeat from two frames a repetition on. */
const framesNeeded = 2

/** Share of cycles that may be shorter. */
const shortShare = 0.25

/**
 * What to tell the user where many repetitions are over before the model sees two frames of them: how many, and the frame
 * rate that shows two frames of 95 % of them. Null where all is well.
 */
export const shortCycleWarning = (clips: ReadonlyArray<SeenCycles>): string | null => {
  const seen = clips.flatMap(({ cycles, fps }) =>
    cycles.map(([start, end]) => ({ length: end - start, fps })).filter(({ length }) => length > 0),
  )
  const short = seen.filter(({ length, fps }) => length * fps < framesNeeded - 1e-6)
  if (seen.length === 0 || short.length <= shortShare * seen.length) return null
  const lengths = seen.map(({ length }) => length).toSorted((a, b) => a - b)
  const median = lengths[Math.floor(lengths.length / 2)]!
  const needed = Math.ceil(framesNeeded / lengths[Math.floor(0.05 * lengths.length)]!)
  const rates = seen.map(({ fps }) => fps).toSorted((a, b) => a - b)
  const least = rates[0]!.toFixed(1)
  return `${short.length} of ${seen.length} annotated repetitions in ${clips.length} videos are shorter than two frames at the ${least} fps or more that the model sees (median ${median.toFixed(2)} s); set --fps ${needed}, and --frames high enough for the longest video`
}
