import { Effect } from 'effect'
import type { InputError, Sample } from '../../core/index.ts'
import type { ModelError, VisionLanguageModel } from '../../models/index.ts'
import type { StoreError } from '../../store/index.ts'
import type { Videos } from '../../video/index.ts'
import { type AgentRowOptions, agentRows } from './agent-rows.ts'
import { type AnswerSettings, answerEvidence, answerer } from './answerer.ts'
import type { SampleReply } from './replies.ts'

export type ModelReplyOptions = AgentRowOptions<AnswerSettings>

const fromRow = (row: { readonly [column: string]: unknown }): SampleReply =>
  row.outcome === 'kept'
    ? { state: 'replied', reply: answerEvidence.parse(JSON.parse(String(row.evidence))).reply }
    : { state: row.outcome === 'absent' ? 'absent' : 'failed', reason: String(row.reason) }

/**
 * Greedy replies of the model in context, stored sample by sample in the part files of a fold. Samples that failed or
 * whose video was missing at an earlier start are tried again.
 */
export const modelReplies = (options: ModelReplyOptions) =>
  Effect.fn('Evaluator.modelReplies')(function* (
    samples: ReadonlyArray<Sample>,
  ): Effect.fn.Return<
    ReadonlyMap<string, SampleReply>,
    InputError | StoreError | ModelError,
    Videos | VisionLanguageModel
  > {
    const { rows } = yield* agentRows(answerer, options, samples)
    return new Map([...rows].map(([id, row]) => [id, fromRow(row)]))
  })
