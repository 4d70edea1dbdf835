import { Effect } from 'effect'
import { z } from 'zod'
import { hash32, type Sample } from '../core/index.ts'
import { VisionLanguageModel } from '../models/index.ts'
import { ask, formOf, guidedBy } from '../tasks/index.ts'
import type { Clip } from '../video/index.ts'
import { reasoningOf } from './agent.ts'

/** Settings of an agent that puts one question several times. */
export const triesShape = {
  temperature: z.number().positive(),
  topP: z.number().positive().max(1),
  topK: z.int().min(0),
  maxTokens: z.int().positive(),
  /** Constrains replies to the answer format, on servers that support it. */
  guided: z.boolean(),
  seed: z.int().default(0),
}
type TriesSettings = z.output<z.ZodObject<typeof triesShape>> &
  Parameters<typeof reasoningOf>[0] &
  Parameters<typeof formOf>[1]

/** What is tried: `purpose` keeps the draws of different agents apart. */
interface Tried {
  readonly clip: Clip
  readonly question: string
  readonly sample: Sample
  readonly purpose: string
  readonly n: number
}

/** `n` replies to a question about a clip: the first is greedy, the others are drawn by the seed and the sample. */
export const tries = Effect.fnUntraced(function* (
  { clip, question, sample, purpose, n }: Tried,
  settings: TriesSettings,
) {
  const model = yield* VisionLanguageModel
  const { temperature, topP, topK, maxTokens, seed } = settings
  return yield* model.chat({
    messages: ask(clip, question),
    sampling: {
      ...{ temperature, topP, topK, maxTokens, n },
      stop: [],
      seed: hash32(`${seed}\u0000${purpose}\u0000${sample.id}`),
      greedyFirst: true,
    },
    ...reasoningOf(settings),
    ...guidedBy(settings, formOf(sample, settings)),
  })
})
