import type { Sample } from '../../core/index.ts'
import { readReply, replyOf } from '../../tasks/index.ts'
import type { Verdict } from '../agent.ts'
import { checkThoughts } from './check.ts'
import type { ReasoningEvidence, ReasoningSettings } from './settings.ts'

/**
 * Which replies become records: the first `records` different ones that agree with the truth. `reasons` says of each try
 * `kept`, or the rule that it breaks and how; a sample without a record is dropped.
 */
export const decide = (
  sample: Sample,
  evidence: ReasoningEvidence,
  settings: Pick<ReasoningSettings, 'overlap' | 'records'>,
): Verdict => {
  const count = Number(sample.answer)
  const { cycles, duration, problem } = evidence
  const truth = { count, cycles, duration, overlap: settings.overlap }
  const replies = evidence.replies.map(replyOf)
  const kept: Array<string> = []
  const reasons = replies.map((reply) => {
    const checked = checkThoughts(reply, truth)
    if (checked.kind === 'dropped') return `${checked.rule}: ${checked.detail}`
    if (kept.includes(checked.text)) return 'repeated: the same as an earlier try'
    if (kept.length >= settings.records) return 'surplus: enough records of this sample'
    kept.push(checked.text)
    return 'kept'
  })
  const answers = replies.map((reply) => {
    const reading = readReply({ task: 'counting' }, reply)
    return reading.kind === 'answer' ? Number(reading.answer) : null
  })
  const share = (right: number) => (replies.length === 0 ? null : right / replies.length)
  const near = (limit: number) =>
    share(answers.filter((answer) => answer !== null && Math.abs(answer - count) <= limit).length)
  return {
    outcome: kept.length > 0 ? 'kept' : 'dropped',
    reason:
      kept.length > 0 ? null : problem === null ? `no try agrees (${reasons[0]})` : `annotation: ${problem}`,
    columns: {
      cot: kept,
      tries: replies.length,
      reasons,
      accuracy: near(0),
      within_one: near(1),
      cycles,
      frame_times: evidence.times,
    },
  }
}
