import { Windows } from '../../core/index.ts'
import type { Merged } from '../../reviews/index.ts'
import { type Decision, gap } from './act.ts'
import type { Pair } from './verdicts.ts'

export const reviewModes = ['use', 'ignore'] as const
/** Whether decisions of people take precedence over those of the agents. */
export type ReviewMode = (typeof reviewModes)[number]

/**
 * The decision about a sample after its reviewers': they go over what `act` made of the agents' verdicts. A sample that
 * reviewers do not agree on stays as the agents have it, and one without the difficulty that others have cannot be
 * selected.
 */
export const reviewed = (
  decision: Decision,
  merged: Merged | undefined,
  { bra, dea }: Pair,
  measured: boolean,
): Decision => {
  if (merged === undefined || merged.decision === 'conflict') return decision
  const reason = `review: ${merged.decision} by ${merged.reviewers.join(', ')}`
  if (merged.decision === 'reject') return { ...decision, decision: 'drop', reason, weight: 0 }
  const windows = merged.windows ?? decision.windows
  const duration = Number((dea ?? bra)?.duration ?? Number.POSITIVE_INFINITY)
  const problem = gap('dea', dea, measured) ?? Windows.misplaced(windows ?? [], duration)
  if (problem !== null) return { decision: 'reject', reason: problem, weight: 0, windows }
  return { decision: merged.decision === 'repair' ? 'repair' : 'keep', reason, weight: 1, windows }
}
