import type { Sample } from './sample/index.ts'
import * as Windows from './window.ts'

/** A window in shares of the clip's duration, fitted without looking at any video. */
export interface PriorWindow {
  readonly start: number
  readonly end: number
  /** Mean IoU (0 to 1) on the samples it was fitted on. */
  readonly meanIou: number
}

interface Scaled {
  readonly duration: number
  readonly windows: ReadonlyArray<Windows.Window>
}

const meanIou = (samples: ReadonlyArray<Scaled>, start: number, end: number): number => {
  let sum = 0
  for (const { duration, windows } of samples) {
    const from = start * duration
    const to = end * duration
    let best = 0
    for (const [a, b] of windows) {
      const shared = Math.min(b, to) - Math.max(a, from)
      if (shared <= 0) continue
      best = Math.max(best, shared / (b - a + to - from - shared))
    }
    sum += best
  }
  return sum / samples.length
}

/**
 * The constant window that a model could learn from the training annotations alone: the normalised (start, end) with
 * the largest mean IoU, by grid search in steps of 5 % and then of 1 % around the best. Samples without duration or
 * windows are left out; with none left it is the whole clip. It is the baseline that a model's IoU has to exceed.
 */
export const fitPrior = (samples: ReadonlyArray<Pick<Sample, 'duration' | 'windows'>>): PriorWindow => {
  const usable = samples.flatMap(({ duration, windows }): ReadonlyArray<Scaled> => {
    const valid = windows?.filter(Windows.isWindow) ?? []
    return duration !== null && duration > 0 && valid.length > 0 ? [{ duration, windows: valid }] : []
  })
  let best: PriorWindow = { start: 0, end: 1, meanIou: usable.length === 0 ? 0 : meanIou(usable, 0, 1) }
  if (usable.length === 0) return best
  const search = (starts: ReadonlyArray<number>, ends: ReadonlyArray<number>) => {
    for (const s of starts)
      for (const e of ends) {
        if (e <= s || s < 0 || e > 100) continue
        const score = meanIou(usable, s / 100, e / 100)
        if (score > best.meanIou) best = { start: s / 100, end: e / 100, meanIou: score }
      }
  }
  const coarse = Array.from({ length: 21 }, (_, i) => 5 * i)
  search(coarse, coarse)
  const around = (centre: number) => Array.from({ length: 9 }, (_, i) => Math.round(100 * centre) + i - 4)
  search(around(best.start), around(best.end))
  return best
}
