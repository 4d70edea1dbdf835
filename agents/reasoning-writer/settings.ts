import { z } from 'zod'
import { replySchema, styleShape, viewShape, windowsSchema } from '../agent.ts'
import { triesShape } from '../tries.ts'

export const settingsSchema = z.strictObject({
  ...viewShape,
  ...styleShape,
  ...triesShape,
  /** Replies to each sample; the first is greedy, the others are sampled. */
  tries: z.int().positive().default(4),
  /**
   * Whether the prompt tells the annotated count and cycles, so that a teacher explains them; otherwise the model
   * answers the plain question and only tries that happen to be right are kept.
   */
  truth: z.boolean(),
  /** Least mean IoU of the written intervals with the annotated cycles, in order. */
  overlap: z.number().min(0).max(1).default(0.5),
  /** Most records kept of a sample, the first that agree. */
  records: z.int().positive().default(1),
})
export type ReasoningSettings = z.output<typeof settingsSchema>

export const evidenceSchema = z.object({
  duration: z.number(),
  /** True times of the frames shown, seconds. */
  times: z.array(z.number()).readonly(),
  /** Annotated cycles in seconds; null where the annotation has none. */
  cycles: windowsSchema.nullable(),
  /** Why the annotation contradicts itself or the clip: the model was then not asked. */
  problem: z.string().nullable(),
  question: z.string(),
  /** The first is greedy. */
  replies: z.array(replySchema).readonly(),
})
export type ReasoningEvidence = z.output<typeof evidenceSchema>
