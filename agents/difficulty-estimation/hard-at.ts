/** Where a grounded question is hard. */
export type HardAt = 'neither' | 'answer' | 'grounding' | 'both'

/**
 * Where a grounded question is hard: to answer, to ground, or both, each from its own difficulty in [0, 1].
 *
 * @param hard difficulties above it are hard.
 */
export const hardAt = (answering: number, grounding: number, hard: number): HardAt => {
  if (answering > hard) return grounding > hard ? 'both' : 'answer'
  return grounding > hard ? 'grounding' : 'neither'
}
