import { parseCountActRep } from '../../tasks/index.ts'
import type { Reward, RewardTarget } from '../reward.ts'

/** The true count, or null where the target has none. */
const truth = (target: RewardTarget): number | null => {
  const count = Number(target.answer ?? 'none')
  return Number.isFinite(count) ? count : null
}

const counting =
  (score: (error: number, count: number) => number): Reward =>
  (text, target) => {
    const answered = parseCountActRep(text)
    const count = truth(target)
    return answered === null || count === null ? 0 : score(Math.abs(answered - count), count)
  }

/** exp(-(e / (c + 0.1))^2 / (2 x 0.2^2)), plus 0.5 within one: 0 to 1.5. `e` is the error, `c` the true count. */
const hybridScore = (error: number, count: number): number =>
  Math.exp(-((error / (count + 0.1)) ** 2) / (2 * 0.2 ** 2)) + (error <= 1 ? 0.5 : 0)

/** ActRep-R1's reward: relative Gaussian with sigma 0.2 and a bonus within one; unread answers score 0. */
export const countHybrid: Reward = counting(hybridScore)

/** Gaussian with sigma = max(1, 0.2 c). */
export const countGaussian: Reward = counting((error, count) =>
  Math.exp(-(error ** 2) / (2 * Math.max(1, 0.2 * count) ** 2)),
)

/** max(0, 1 - e / max(c, 1)). */
export const countLinear: Reward = counting((error, count) => Math.max(0, 1 - error / Math.max(count, 1)))

/** Gaussian with sigma 3. */
export const countFixed: Reward = counting((error) => Math.exp(-(error ** 2) / 18))

/** 1 for the exact count, else 0. */
export const countExact: Reward = counting((error) => (error === 0 ? 1 : 0))
