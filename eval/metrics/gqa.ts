import { type Window, Windows } from '../../core/index.ts'
import { firstIou, float32Iop } from './grounding.ts'

export interface Overlap {
  readonly iou: number
  /** Intersection over prediction. */
  readonly iop: number
}

/**
 * NExT-GQA's official scores of one predicted window: for each true window IoU in hull form and IoP, the largest of
 * each taken separately, at least 0. An instant inside a true window has IoP 1 and IoU 0.
 */
export const officialOverlap = (window: Window, truths: ReadonlyArray<Window>): Overlap => {
  const [ps, pe] = window
  let iou = 0
  let iop = 0
  for (const [ls, le] of truths) {
    if (ps === pe) {
      if (ls <= ps && ps <= le) iop = Math.max(iop, 1)
      continue
    }
    const shared = Math.min(pe, le) - Math.max(ps, ls)
    const hull = Math.max(pe, le) - Math.min(ps, ls)
    if (hull > 0) iou = Math.max(iou, shared / hull)
    if (pe > ps) iop = Math.max(iop, shared / (pe - ps))
  }
  return { iou, iop }
}

/** VideoMind's, in float32: the largest area IoU, and the largest intersection over the predicted length. */
export const videomindOverlap = (window: Window, truths: ReadonlyArray<Window>): Overlap =>
  window[0] > window[1]
    ? { iou: 0, iop: 0 }
    : {
        iou: firstIou([window], truths, 'area-float32'),
        iop: truths.reduce((best, truth) => Math.max(best, float32Iop(window, truth)), 0),
      }

/**
 * VideoChat-R1's: all predicted and all true windows as sets of time; two empty sets agree. IoP likewise. Both in the order
 * of its operations, which decides where a share lies on a threshold.
 */
export const setOverlap = (windows: ReadonlyArray<Window>, truths: ReadonlyArray<Window>): Overlap => {
  const length = Windows.coverage(windows)
  const shared = Windows.intersection(windows, truths)
  const union = length + Windows.coverage(truths) - shared
  return { iou: union > 0 ? shared / union : 1, iop: length > 0 ? shared / length : 0 }
}
