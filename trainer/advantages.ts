import { deviation, mean, type Task } from '../core/index.ts'

export const advantageScales = ['none', 'group', 'task', 'batch'] as const
export type AdvantageScale = (typeof advantageScales)[number]

/** Added to a standard deviation before dividing, as every published GRPO code does. */
const deviationFloor = 1e-4

/** Whether all rewards of a group are equal, so that none of its completions is preferred. */
export const isConstant = (rewards: ReadonlyArray<number>): boolean =>
  rewards.every((reward) => Math.abs(reward - rewards[0]!) < 1e-9)

/**
 * Advantages [group][completion] from rewards of the same shape: the reward less its group's mean, divided by (sd + 1e-4)
 * of the group (`group`, DeepSeekMath), by that of all rewards of the batch (`batch`), by that of all rewards of the
 * batch's groups of the same task (`task`), or not at all (`none`, Dr. GRPO). Standard deviations are sample ones (n - 1).
 * A constant group gets exact zeros.
 *
 * @param tasks task of each group, for `task`; one task where absent.
 */
export const advantages = (
  rewards: ReadonlyArray<ReadonlyArray<number>>,
  scale: AdvantageScale,
  tasks: ReadonlyArray<Task> = [],
): ReadonlyArray<ReadonlyArray<number>> => {
  const whole = deviation(rewards.flat())
  const byTask = new Map(
    [...new Set(tasks)].map((task) => [
      task as Task | undefined,
      deviation(rewards.filter((_, index) => tasks[index] === task).flat()),
    ]),
  )
  return rewards.map((group, index) => {
    if (isConstant(group)) return group.map(() => 0)
    const centre = mean(group)
    const spreads = { group: deviation(group), task: byTask.get(tasks[index]) ?? whole, batch: whole }
    const divisor = scale === 'none' ? 1 : spreads[scale] + deviationFloor
    return group.map((reward) => (reward - centre) / divisor)
  })
}
