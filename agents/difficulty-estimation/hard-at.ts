import { roundingError } from '../../core/index.ts'

/** Where a grounded question is hard. */
export type HardAt = 'neither' | 'answer' | 'grounding' | 'both'

/**
 * Where a grounded question is hard: to answer, to ground, or both, each from its own difficulty in [0, 1].
 *
 * @param hard difficulties above it are hard.
 */
export const hardAt = (answering: number, grounding: number, hard: number): HardAt => {
  const bound = hard + roundingError
  if (answering > bound) return grounding > bound ? 'both' : 'answer'
  return grounding > bound ? 'grounding' : 'neither'
}
