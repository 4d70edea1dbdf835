import { Effect } from 'effect'
import type { Sample } from '../../core/index.ts'
import type { Completion, EngineService } from '../../engine/index.ts'
import type { ProcessedPrompt } from '../../engine/processor/index.ts'
import { greedy } from '../../models/index.ts'
import type { SampleReply } from './replies.ts'

/** Prompts held in memory at the same time. */
const chunk = 64

const fromCompletion = ({ text, finish }: Completion): SampleReply => ({
  state: 'replied',
  reply: { text, finish },
})

/**
 * Greedy replies of an engine to prompts that need no video file, in memory.
 *
 * @param promptOf the whole prompt of a sample, its frames included.
 */
export const engineReplies = (
  engine: EngineService,
  promptOf: (sample: Sample) => ProcessedPrompt,
  maxTokens: number,
) =>
  Effect.fn('Evaluator.engineReplies')(function* (samples: ReadonlyArray<Sample>) {
    const replies = new Map<string, SampleReply>()
    for (let from = 0; from < samples.length; from += chunk) {
      const part = samples.slice(from, from + chunk)
      const completions = yield* engine.generate(part.map(promptOf), greedy(maxTokens))
      for (const [index, { id }] of part.entries()) replies.set(id, fromCompletion(completions[index]![0]!))
    }
    return replies
  })
