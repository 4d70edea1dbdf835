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
const slack = 1

/**
 * Why the annotated cycles of a sample cannot be right, or null: not as many as counted, one without length, before the
 * start, past the end of the clip or over the one before it.
 *
 * @param total frames of the clip, where known.
 */
export const cyclesProblem = (
  sample: Pick<Sample, 'meta' | 'answer'>,
  total = Number.POSITIVE_INFINITY,
): string | null => {
  const cycles = cycleFrames(sample)
  if (cycles === null)
    return sample.meta?.cycles === undefined ? null : 'meta.cycles are no pairs of frame numbers'
  if (String(cycles.length) !== sample.answer)
    return `${cycles.length} cycles are annotated, and the count is ${sample.answer}`
  for (const [index, [start, end]] of cycles.entries()) {
    const name = `cycle ${index + 1} [${start}, ${end}]`
    if (!(start < end)) return `${name} ends before it starts`
    if (start < 0) return `${name} starts before the clip`
    if (end > total + slack) return `${name} ends after the clip's ${total} frames`
    if (index > 0 && start < cycles[index - 1]![1] - slack) return `${name} overlaps the one before`
  }
  return null
}

/** The annotated cycles in seconds of a video with `fps` frames per second; null where there are none. */
export const cycleSeconds = (sample: Pick<Sample, 'meta'>, fps: number): ReadonlyArray<Window> | null =>
  cycleFrames(sample)?.map(([start, end]): Window => [start / fps, end / fps]) ?? null
