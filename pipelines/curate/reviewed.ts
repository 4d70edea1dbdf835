import { Windows } from '../../core/index.ts'
import type { Merged } from '../../reviews/index.ts'
import type { Row } from '../../store/index.ts'
import { type Decision, gap } from './act.ts'

export const reviewModes = ['use', 'ignore'] as const
/** Whether decisions of people go over those of the agents. */
export type ReviewMode = (typeof reviewModes)[number]

/**
 * The decision about a sample after its reviewers': they go over what `act` made of the agents' verdicts. A sample that
 * reviewers do not agree on stays as the agents have it, and one that no difficulty is known of cannot be selected.
 *
 * @param dea its verdict of difficulty estimation
 */
export const reviewed = (decision: Decision, merged: Merged | undefined, dea: Row | undefined): Decision => {
  if (merged === undefined || merged.decision === 'conflict') return decision
  const reason = `review: ${merged.decision} by ${merged.reviewers.join(', ')}`
  if (merged.decision === 'reject') return { ...decision, decision: 'drop', reason, weight: 0 }
  const windows = merged.windows ?? decision.windows
  const duration = Number(dea?.duration ?? Number.POSITIVE_INFINITY)
  const problem = gap('dea', dea, true) ?? Windows.misplaced(windows ?? [], duration)
  if (problem !== null) return { decision: 'reject', reason: problem, weight: 0, windows }
  return { decision: merged.decision === 'repair' ? 'repair' : 'keep', reason, weight: 1, windows }
}
