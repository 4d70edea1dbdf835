import { Windows } from '../../core/index.ts'
import { parseWindows } from '../../tasks/index.ts'
import type { Reward } from '../reward.ts'

/** IoU of the first answered window with its best true window, in [0, 1]; unread answers and `none` score 0. */
export const bestIou: Reward = (text, target) => {
  const first = parseWindows(text)?.[0]
  return first === undefined ? 0 : Windows.bestIou(first, target.windows)
}
