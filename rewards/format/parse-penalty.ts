import { parseWindows } from '../../tasks/index.ts'
import type { Reward } from '../reward.ts'

/**
 * TimeLens2's parse penalty: 0 where the answer's windows can be read, -1 where they cannot. `none` is readable here;
 * TimeLens2 has no such answer.
 */
export const parsePenalty: Reward = (text) => (parseWindows(text) === null ? -1 : 0)
