import { type Sample, type Window, Windows } from '../../core/index.ts'

/** Grid of the search, as shares of the duration. */
const steps = 20

/**
 * The constant window that does best without seeing any video, as shares of the duration: over a grid of 1/20 steps,
 * the one with the largest mean set IoU with the annotations. Samples without duration or windows are left out; the
 * whole clip `[0, 1]` where none is left. It is the floor that an IoU has to clear to mean anything.
 */
export const priorWindow = (samples: ReadonlyArray<Pick<Sample, 'duration' | 'windows'>>): Window => {
  const truths = samples.flatMap(({ duration, windows }) =>
    duration !== null && duration > 0 && windows !== null && windows.length > 0
      ? [windows.map(([start, end]): Window => [start / duration, end / duration])]
      : [],
  )
  let best: Window = [0, 1]
  let bestMean = -1
  if (truths.length === 0) return best
  for (let i = 0; i < steps; i++)
    for (let j = i + 1; j <= steps; j++) {
      const window: Window = [i / steps, j / steps]
      const mean = truths.reduce((sum, windows) => sum + Windows.setIou([window], windows), 0) / truths.length
      if (mean > bestMean) {
        best = window
        bestMean = mean
      }
    }
  return best
}
