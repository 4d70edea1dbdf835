import { Windows } from '../../core/index.ts'
import { parseWindows } from '../../tasks/index.ts'
import type { Reward } from '../reward.ts'

/**
 * IoU of the answered windows and the true ones as sets of time, in [0, 1]. Answering `none` where nothing is true
 * scores 1; an answer that cannot be read scores 0.
 */
export const iou: Reward = (text, target) => {
  const windows = parseWindows(text)
  return windows === null ? 0 : Windows.setIou(windows, target.windows)
}
