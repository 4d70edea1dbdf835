import type { Reward } from '../../rewards/index.ts'

/** Likes short replies: 1 for none at all, 0 from 100 characters on. */
export const brevity: Reward = (text) => Math.max(0, 1 - text.length / 100)
