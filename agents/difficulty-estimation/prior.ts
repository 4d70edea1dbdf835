import { type Sample, type Window, Windows } from '../../core/index.ts'

/** Grid of the search, as shares of the duration. */
const steps = 20

/**
 * The constant window that does best without seeing any video, as shares of the duration: over a grid of 1/20 steps,
 * the one with the largest mean set IoU with the annotations. Samples without duration or windows are left out; the
 * whole clip `[0, 1]` where none is left. It is the floor that an IoU has to clear to mean anything.
 */
export const priorWindow = (samples: ReadonlyArray<Pick<Sample, 'duration' | 'windows'>>): Window => {
  const truths = samples.flatMap(({ duration, windows }) => {
    if (duration === null || !(duration > 0) || windows === null || windows.length === 0) return []
    const merged = Windows.merge(windows.map(([start, end]): Window => [start / duration, end / duration]))
    return [{ windows: merged, covered: Windows.coverage(merged) }]
  })
  let best: Window = [0, 1]
  let bestMean = -1
  if (truths.length === 0) return best
  for (let i = 0; i < steps; i++)
    for (let j = i + 1; j <= steps; j++) {
      const window: Window = [i / steps, j / steps]
      const length = Windows.length(window)
      // The sum of `Windows.setIou([window], windows)`, with what depends on the truth alone computed once: the plan may
      // have millions of samples, and there are 210 windows to try.
      let sum = 0
      for (const { windows, covered } of truths) {
        let shared = 0
        for (const truth of windows) shared += Windows.overlap(window, truth)
        sum += shared / (length + covered - shared)
      }
      const mean = sum / truths.length
      if (mean > bestMean) {
        best = window
        bestMean = mean
      }
    }
  return best
}
