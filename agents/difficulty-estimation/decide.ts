import { mean, populationDeviation, roundingError, type Sample, Windows } from '../../core/index.ts'
import { readingIou, solvedShare } from '../../tasks/index.ts'
import type { Verdict } from '../agent.ts'
import { hardAt } from './hard-at.ts'
import { readRollout } from './parse.ts'
import type { DifficultyEvidence, DifficultySettings } from './settings.ts'

/** The band of a difficulty; one that equals a bound is medium. */
export const bandOf = (
  difficulty: number,
  bounds: { readonly easy: number; readonly hard: number },
): 'easy' | 'medium' | 'hard' =>
  difficulty < bounds.easy - roundingError
    ? 'easy'
    : difficulty > bounds.hard + roundingError
      ? 'hard'
      : 'medium'

/**
 * difficulty = 1 - mean IoU over all rollouts, the greedy one included, where IoU is that of the two sets of windows
 * and an unreadable rollout has 0, and so has one whose windows lie outside the clip or have no length. `sd_iou` is the
 * population standard deviation: 0 says that a group of rollouts would give no gradient.
 *
 * A grounded question is solved as far as its windows are right by those rollouts whose option is right too: difficulty
 * = 1 - mean of (IoU where the option is right, else 0). The two halves are recorded apart: `answer_difficulty` is the
 * share of wrong options, `ground_difficulty` 1 - mean IoU, and `hard_at` says which of them is hard.
 */
export const decide = (
  sample: Sample,
  evidence: DifficultyEvidence,
  settings: DifficultySettings,
): Verdict => {
  const truth = Windows.clip(sample.windows ?? [], [0, evidence.duration])
  const rollouts = evidence.replies.map((reply) => readRollout(reply, evidence))
  const ious =
    evidence.ious ?? rollouts.map((reading) => readingIou(reading, sample.windows ?? [], evidence.duration))
  const share = (count: number) => count / ious.length
  const meanIou = mean(ious)
  const grounded = evidence.task === 'grounded-qa'
  const right = rollouts.map((one) => one.kind === 'answer' && one.answer === sample.answer)
  const solved = grounded ? rollouts.map((one) => solvedShare(sample, one, evidence.duration)) : ious
  const difficulty = 1 - mean(solved)
  const answering = grounded ? 1 - share(right.filter(Boolean).length) : null
  return {
    outcome: 'kept',
    reason: null,
    columns: {
      difficulty,
      band: bandOf(difficulty, settings),
      mean_iou: meanIou,
      max_iou: Math.max(...ious),
      sd_iou: populationDeviation(ious),
      greedy_iou: ious[0] ?? 0,
      pass_rate: share(solved.filter((score) => score >= settings.passAt - roundingError).length),
      parse_rate:
        evidence.ious === undefined
          ? share(rollouts.filter(({ kind }) => kind !== 'unreadable').length)
          : null,
      answer_difficulty: answering,
      ground_difficulty: answering === null ? null : 1 - meanIou,
      hard_at: answering === null ? null : hardAt(answering, 1 - meanIou, settings.hard),
      prior_iou: Windows.setIou([evidence.prior], truth),
      ious,
      frame_times: evidence.times,
    },
  }
}
