import { type Reading, type RecordedReply, readReply } from '../../tasks/index.ts'

/** What a rollout says. */
export const readRollout = (reply: RecordedReply): Reading => readReply({ task: 'grounding' }, reply)
