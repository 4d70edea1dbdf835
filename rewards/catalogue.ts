import { bestIou } from './best-iou.ts'
import { format } from './format.ts'
import { iou } from './iou.ts'
import type { Reward } from './reward.ts'

/** Every reward by its name in settings. A new reward is one file and one line here. */
export const catalogue: { readonly [name: string]: Reward } = {
  iou,
  best_iou: bestIou,
  format,
}
