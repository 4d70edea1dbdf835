import { type Sample, type Window, Windows } from '../core/index.ts'
import { specOf } from './catalogue.ts'
import type { Reading } from './reply.ts'

/**
 * IoU of what a reading says with the true windows as sets of time, in [0, 1]. `none` is right exactly where nothing is
 * true. Windows count inside the clip of `duration` seconds only; one outside it, or without length, is still an answer,
 * so it is wrong also where nothing is true. What cannot be read scores 0.
 */
export const readingIou = (reading: Reading, truth: ReadonlyArray<Window>, duration: number): number => {
  if (reading.kind === 'none') return truth.length === 0 ? 1 : 0
  if (reading.kind !== 'answer' || reading.windows === null || truth.length === 0) return 0
  const bounds: Window = [0, duration]
  const covered = Windows.clip(truth, bounds)
  return covered.length === 0 ? 0 : Windows.setIou(Windows.clip(reading.windows, bounds), covered)
}

/** Whether a reading names windows of which none has length inside the clip: frame numbers, milliseconds, an instant. */
export const isMisplaced = (reading: Reading, duration: number): boolean =>
  reading.kind === 'answer' &&
  reading.windows !== null &&
  reading.windows.length > 0 &&
  Windows.clip(reading.windows, [0, duration]).length === 0

/**
 * How well a reading solves its sample, in [0, 1]: the IoU of its windows where windows are asked for, else 1; and 0 unless
 * the option, count or text that is asked for is the annotated one.
 */
export const solvedShare = (
  sample: Pick<Sample, 'task' | 'windows' | 'answer'>,
  reading: Reading,
  duration: number,
): number => {
  const { grounded, answers } = specOf(sample)
  const right =
    answers === null ||
    (reading.kind === 'answer' && reading.answer !== null && reading.answer === sample.answer)
  if (!right) return 0
  return grounded ? readingIou(reading, sample.windows ?? [], duration) : 1
}
