import { Windows } from '../../core/index.ts'
import { parseWindows } from '../../tasks/index.ts'
import type { Reward } from '../reward.ts'

/** Intersection over prediction: the share of the answered time that is true, in [0, 1]; no answered time scores 0. */
export const iop: Reward = (text, target) => {
  const windows = parseWindows(text)
  if (windows === null) return 0
  const answered = Windows.coverage(windows)
  if (!(answered > 0)) return windows.length === 0 && target.windows.length === 0 ? 1 : 0
  return Math.min(1, Windows.intersection(windows, target.windows) / answered)
}

/**
 * Nearness of both ends of the first answered window to its best true one: (1 - |ds| / D + 1 - |de| / D) / 2, clamped
 * to [0, 1]; 0 where the duration is unknown.
 */
export const endpoints: Reward = (text, target) => {
  const windows = parseWindows(text)
  if (windows === null) return 0
  const first = windows[0]
  if (first === undefined) return target.windows.length === 0 ? 1 : 0
  const d = target.duration
  if (d === null || !(d > 0)) return 0
  return target.windows.reduce((best, [start, end]) => {
    const score = 1 - (Math.abs(first[0] - start) + Math.abs(first[1] - end)) / (2 * d)
    return Math.max(best, Math.min(1, score))
  }, 0)
}
