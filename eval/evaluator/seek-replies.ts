import { join } from 'node:path'
import { Effect } from 'effect'
import {
  type Ending,
  frameSeeker,
  framesUsed,
  type SeekEvidence,
  type SeekSettings,
  seekEvidence,
} from '../../agents/index.ts'
import { type Sample, sampleKey } from '../../core/index.ts'
import { usageByKey, usageName } from '../../folds/index.ts'
import { replyOf } from '../../tasks/index.ts'
import { type AgentRowOptions, agentRows } from './agent-rows.ts'
import type { SampleReply } from './replies.ts'

/** What the conversation about one sample took. */
export interface SeekUse {
  readonly rounds: ReadonlyArray<{ readonly shown: ReadonlyArray<number>; readonly reply: string }>
  /** Frames to choose from. */
  readonly total: number
  /** Frames shown, those shown again included, and different ones. */
  readonly shown: number
  readonly frames: number
  readonly ending: Ending
  /** Tokens of all prompts and replies, and seconds of waiting for them; null where the backend does not say. */
  readonly tokens: number | null
  readonly seconds: number | null
}

const useOf = (
  evidence: SeekEvidence,
  usage: { readonly [field: string]: number | null } | undefined,
): SeekUse => {
  const { shown, different } = framesUsed(evidence)
  const { promptTokens = null, completionTokens = null, seconds = null } = usage ?? {}
  return {
    rounds: evidence.rounds.map((round) => ({ shown: round.shown, reply: replyOf(round.reply).text })),
    total: evidence.total,
    shown,
    frames: different,
    ending: evidence.ending,
    tokens: promptTokens === null || completionTokens === null ? null : promptTokens + completionTokens,
    seconds,
  }
}

/**
 * The last replies of the model in context after it has sought frames, greedily, stored sample by sample in the part
 * files of a fold, and what each conversation took.
 */
export const seekReplies = (options: AgentRowOptions<SeekSettings>) =>
  Effect.fn('Evaluator.seekReplies')(function* (samples: ReadonlyArray<Sample>) {
    const { fold, rows } = yield* agentRows(frameSeeker, options, samples)
    const usage = yield* usageByKey(join(fold, usageName))
    const replies = new Map<string, SampleReply>()
    const uses = new Map<string, SeekUse>()
    for (const sample of samples) {
      const row = rows.get(sample.id)!
      if (row.outcome !== 'kept') {
        const state = row.outcome === 'absent' ? 'absent' : 'failed'
        replies.set(sample.id, { state, reason: String(row.reason) })
        continue
      }
      const evidence = seekEvidence.parse(JSON.parse(String(row.evidence)))
      // A request that ended the conversation is a reply that names no option, and is read as such.
      replies.set(sample.id, { state: 'replied', reply: evidence.rounds.at(-1)!.reply })
      uses.set(sample.id, useOf(evidence, usage.get(sampleKey(sample))))
    }
    return { replies, uses }
  })
