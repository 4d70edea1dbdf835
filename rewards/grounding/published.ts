import { type Window, Windows } from '../../core/index.ts'
import { parseGlue, parsePairReward } from '../../tasks/index.ts'
import type { Reward, RewardTarget } from '../reward.ts'

const only = (target: RewardTarget): Window | undefined => target.windows[0]

/** VideoChat-R1's single-task IoU: one pair against one true window; two equal instants score 1. */
export const videochatR1Iou: Reward = (text, target) => {
  const pair = parsePairReward(text)
  const truth = only(target)
  if (pair === null || truth === undefined) return 0
  if (pair[0] === pair[1] && truth[0] === truth[1]) return pair[0] === truth[0] ? 1 : 0
  return Windows.iou(pair, truth)
}

const timeR1Pair = (text: string, target: RewardTarget): readonly [Window, Window] | null => {
  const pair = parsePairReward(text, { reversed: true })
  const truth = only(target)
  return pair === null || truth === undefined || pair[0] > pair[1] ? null : [pair, truth]
}

/** Time-R1's IoU; reversed pairs and an empty union score 0 (the source is undefined there). */
export const timeR1Iou: Reward = (text, target) => {
  const read = timeR1Pair(text, target)
  return read === null ? 0 : Windows.iou(...read)
}

/**
 * Time-R1's `iou_v2`: IoU x (1 - |gs - ps| / D) x (1 - |ge - pe| / D), factors not clamped, D the duration.
 * 0 where the duration is unknown.
 */
export const timeR1IouV2: Reward = (text, target) => {
  const read = timeR1Pair(text, target)
  if (read === null || target.duration === null || !(target.duration > 0)) return 0
  const [[ps, pe], [gs, ge]] = read
  const d = target.duration
  const score = Windows.iou(...read) * (1 - Math.abs(gs - ps) / d) * (1 - Math.abs(ge - pe) / d)
  return Number.isFinite(score) ? score : 0
}

/** VideoChat-R1's grounded-QA IoU: the first `<glue>` list and the true windows as sets of time; invalid lists 0. */
export const glueIou: Reward = (text, target) => {
  const windows = parseGlue(text)
  if (windows === null) return 0
  // Two sets without length agree, as in the source: its union is 0 and it answers 1.
  if (Windows.coverage(windows) === 0 && Windows.coverage(target.windows) === 0) return 1
  return Windows.setIou(windows, target.windows)
}
