import { type Window, Windows } from '../../core/index.ts'
import { parseWindows } from '../../tasks/index.ts'
import type { Reward } from '../reward.ts'

/**
 * Generalised IoU of two windows, in [-1, 1]: IoU minus the share of the common hull that neither covers, so that
 * disjoint windows are ordered by their gap (Rezatofighi et al. 2019, in one dimension). Two equal instants give 1.
 */
export const generalisedIou = (a: Window, b: Window): number => {
  const hull = Math.max(a[1], b[1]) - Math.min(a[0], b[0])
  if (!(hull > 0)) return 1
  const union = Windows.length(a) + Windows.length(b) - Windows.overlap(a, b)
  return Windows.iou(a, b) - (hull - union) / hull
}

/**
 * Distance IoU of two windows, in [-1, 1]: IoU minus the squared distance of the centres over the squared hull
 * (Zheng et al. 2020, in one dimension). Two equal instants give 1.
 */
const distanceIou = (a: Window, b: Window): number => {
  const hull = Math.max(a[1], b[1]) - Math.min(a[0], b[0])
  if (!(hull > 0)) return 1
  const centres = (a[0] + a[1] - b[0] - b[1]) / 2
  return Windows.iou(a, b) - (centres / hull) ** 2
}

const firstWith =
  (score: (a: Window, b: Window) => number): Reward =>
  (text, target) => {
    const windows = parseWindows(text)
    if (windows === null) return -1
    const first = windows[0]
    if (first === undefined) return target.windows.length === 0 ? 1 : -1
    return target.windows.reduce((best, truth) => Math.max(best, score(first, truth)), -1)
  }

/** Generalised IoU of the first answered window with its best true one, in [-1, 1]; unread answers score -1. */
export const giou: Reward = firstWith(generalisedIou)

/** Distance IoU of the first answered window with its best true one, in [-1, 1]; unread answers score -1. */
export const diou: Reward = firstWith(distanceIou)
