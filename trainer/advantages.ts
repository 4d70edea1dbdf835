import { deviation, mean } from '../core/index.ts'

export const advantageScales = ['none', 'group', 'batch'] as const
export type AdvantageScale = (typeof advantageScales)[number]

/** Added to a standard deviation before dividing, as every published GRPO code does. */
export const deviationFloor = 1e-4

/** Whether all rewards of a group are equal, so that none of its completions is preferred. */
export const isConstant = (rewards: ReadonlyArray<number>): boolean =>
  rewards.every((reward) => Math.abs(reward - rewards[0]!) < 1e-9)

/**
 * Advantages [group][completion] from rewards of the same shape: the reward less its group's mean, divided by (sd + 1e-4)
 * of the group (`group`, DeepSeekMath), by that of all rewards of the batch (`batch`), or not at all (`none`, Dr. GRPO).
 * Standard deviations are sample ones (n - 1). A constant group gets exact zeros.
 */
export const advantages = (
  rewards: ReadonlyArray<ReadonlyArray<number>>,
  scale: AdvantageScale,
): ReadonlyArray<ReadonlyArray<number>> => {
  const whole = deviation(rewards.flat())
  return rewards.map((group) => {
    if (isConstant(group)) return group.map(() => 0)
    const centre = mean(group)
    const divisor = scale === 'none' ? 1 : (scale === 'group' ? deviation(group) : whole) + deviationFloor
    return group.map((reward) => (reward - centre) / divisor)
  })
}
