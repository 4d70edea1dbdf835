import { isAboutImage } from '../core/index.ts'
import { lengthBonus, temporalBonus } from '../rewards/index.ts'
import type { TrainingItem } from './data.ts'
import type { GrpoOptions } from './options.ts'

/** Rollouts on shuffled frames for a group of `group`: half as many, as Video-R1 has them. */
export const shuffledGroup = (group: number): number => Math.max(1, Math.floor(group / 2))

/** Whether T-GRPO compares a sample's rollouts with those on shuffled frames: Video-R1 does so with videos only. */
export const isShuffled = (
  { temporal }: Pick<GrpoOptions, 'temporal'>,
  { sample }: Pick<TrainingItem, 'sample'>,
): boolean => temporal === true && !isAboutImage(sample)

interface Scored {
  readonly scores: { readonly [name: string]: number }
}

/**
 * The rollouts of a group with the bonuses of Video-R1 that compare them: the temporal one (T-GRPO), where answers on the
 * frames in order are right about as often as those on shuffled frames or more, and after it the one for right answers of
 * a wanted length. Each is recorded as a score of its own.
 *
 * @param shuffled the rollouts on shuffled frames; null without T-GRPO, and for an image.
 * @param accuracyOf how right a rollout is: the first reward of its task.
 */
export const withBonuses = <
  A extends Scored & { readonly reward: number; readonly tokens: { readonly length: number } },
>(
  rollouts: ReadonlyArray<A>,
  shuffled: ReadonlyArray<Scored> | null,
  accuracyOf: (rollout: Scored) => number,
  { lengthBonus: span }: Pick<GrpoOptions, 'lengthBonus'>,
): ReadonlyArray<A> => {
  const accuracies = rollouts.map(accuracyOf)
  const lengths = rollouts.map(({ tokens }) => tokens.length)
  const bonuses: { readonly [name: string]: ReadonlyArray<number> } = {
    ...(shuffled === null ? {} : { temporal: temporalBonus(accuracies, shuffled.map(accuracyOf)) }),
    ...(span === undefined ? {} : { length: lengthBonus(accuracies, lengths, span) }),
  }
  return rollouts.map((rollout, index) => {
    const earned = Object.fromEntries(Object.entries(bonuses).map(([name, all]) => [name, all[index]!]))
    const sum = Object.values(earned).reduce((total, bonus) => total + bonus, 0)
    return { ...rollout, reward: rollout.reward + sum, scores: { ...rollout.scores, ...earned } }
  })
}
