import { z } from 'zod'
import { taskSchema } from '../../tasks/index.ts'
import { replySchema, styleShape, viewShape, windowSchema } from '../agent.ts'
import { triesShape } from '../tries.ts'

export const settingsSchema = z
  .strictObject({
    ...viewShape,
    ...styleShape,
    ...triesShape,
    /** Rollouts per sample; the first is greedy, the others are sampled. */
    rollouts: z.int().positive().default(8),
    /** A rollout passes from this IoU on. */
    passAt: z.number().min(0).max(1).default(0.5),
    /** Difficulties below `easy` are easy, above `hard` hard. */
    easy: z.number().min(0).max(1).default(0.3),
    hard: z.number().min(0).max(1).default(0.7),
  })
  .refine(({ easy, hard }) => easy <= hard, {
    path: ['easy'],
    error: 'is above "hard": a sample would be both easy and hard',
  })
export type DifficultySettings = z.output<typeof settingsSchema>

export const evidenceSchema = z.object({
  duration: z.number(),
  /** True times of the frames shown, seconds. */
  times: z.array(z.number()).readonly(),
  question: z.string(),
  /** What was asked; grounding where absent. */
  task: taskSchema.exactOptional(),
  options: z.array(z.string()).readonly().exactOptional(),
  /** The first is greedy. */
  replies: z.array(replySchema).readonly(),
  /** IoUs that others published without the replies they come from; `replies` is then empty. */
  ious: z.array(z.number().min(0).max(1)).readonly().exactOptional(),
  /** The constant window of `fitPrior`, in seconds of this clip. */
  prior: windowSchema,
})
export type DifficultyEvidence = z.output<typeof evidenceSchema>
