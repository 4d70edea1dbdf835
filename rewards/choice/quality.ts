import { lastBlock } from '../../tasks/index.ts'
import type { Reward } from '../reward.ts'

/** VideoChat-R1's classification reward: equality in lower case of the answer (the whole output without tags). */
export const sameText: Reward = (text, target) =>
  (lastBlock(text, 'answer') ?? text).trim().toLowerCase() === target.answer?.trim().toLowerCase() ? 1 : 0
