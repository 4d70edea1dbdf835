import { mean, windowF1 } from '../../core/index.ts'
import { readReply, windowsOf } from '../../tasks/index.ts'
import type { Reward } from '../reward.ts'

const thresholds = [0.3, 0.5, 0.7]

/**
 * F1 of the answered windows under one-to-one matching, mean over the IoU thresholds 0.3, 0.5 and 0.7, in [0, 1]: every
 * true window wants a window of its own. `none` is right exactly where nothing is true; what cannot be read scores 0.
 * Reads the answer of grounding and the `<glue>` list of grounded questions.
 */
export const windowF1Reward: Reward = (text, target) => {
  const windows = windowsOf(readReply({ task: target.task ?? 'grounding' }, text, 'strict'))
  return windows === null ? 0 : mean(thresholds.map((at) => windowF1(windows, target.windows, at)))
}
