import { z } from 'zod'
import { type Rules, seekShape } from '../../agents/index.ts'

/** Training on frame seeking: each rollout is a whole conversation. */
export const seekSchema = z.strictObject({
  ...seekShape,
  /** Most frames of a round. */
  frames: z.int().positive().default(5),
  /**
   * What GRPO trains of a conversation: the replies of all rounds after the prompts that they answer, or as
   * Sparse-Video-R1 the last reply alone, after the prompt and the frames of round 1.
   */
  pairing: z.enum(['all', 'reference']).default('all'),
})
export type SeekTraining = z.output<typeof seekSchema>

export const rulesOf = ({ frames, rounds, mode, requests }: SeekTraining): Rules => ({
  ...{ frames, rounds, mode, requests },
})
