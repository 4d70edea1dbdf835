import type { Records, ServedReward } from './records.ts'

/** Detects ranks of one run that diverge. Each finding is recorded and returned as one line. */
export interface Agreement {
  /** A rank asks for prompts: ranks work in step, so none is two steps from another. */
  readonly asks: (rank: number, step: number) => string | null
  /** A rank scores a completion: another rank must not have scored another text under the same number. */
  readonly scores: (
    scored: Pick<ServedReward, 'step' | 'sample' | 'generation' | 'rank' | 'text'>,
  ) => string | null
  /** A rank says which mask it trained on: it must be the one that was served. */
  readonly masks: (rank: number, step: number, sample: string, mask: string) => string | null
  /** The engine was restarted. */
  readonly reset: () => void
}

export const agreement = (records: Records): Agreement => {
  const latest = new Map<number, number>()
  const found = (rank: number, step: number, problem: string) => {
    records.note({ kind: 'disagreement', rank, step, problem })
    return problem
  }
  return {
    asks: (rank, step) => {
      latest.set(rank, step)
      for (const [other, at] of latest)
        if (Math.abs(at - step) > 1)
          return found(rank, step, `rank ${rank} is at step ${step} while rank ${other} is at step ${at}`)
      return null
    },
    scores: ({ step, sample, generation, rank, text }) => {
      const before = records.rewardOf(step, sample, generation)
      return before === undefined || before.rank === rank || before.text === text
        ? null
        : found(
            rank,
            step,
            `ranks ${before.rank} and ${rank} have different texts for completion ${generation} of ${sample} at step ${step}`,
          )
    },
    masks: (rank, step, sample, mask) => {
      const served = records.promptOf(step, sample)
      return served?.mask === mask
        ? null
        : found(
            rank,
            step,
            `rank ${rank} trained on mask ${mask} of ${sample} at step ${step}, served was ${served?.mask ?? 'none'}`,
          )
    },
    reset: () => latest.clear(),
  }
}
