import { type Reading, type RecordedReply, readReply } from '../../tasks/index.ts'
import type { DifficultyEvidence } from './settings.ts'

/** What a rollout says. */
export const readRollout = (
  reply: RecordedReply,
  { task = 'grounding', options }: Pick<DifficultyEvidence, 'task' | 'options'> = {},
): Reading => readReply({ task, ...(options === undefined ? {} : { options: [...options] }) }, reply)
