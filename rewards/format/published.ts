import { hasChain, isChain, parseGlue } from '../../tasks/index.ts'
import type { Reward } from '../reward.ts'

const one = (holds: boolean): number => (holds ? 1 : 0)

/** VideoChat-R1's and Time-R1's: the trimmed output is a think and an answer block. */
export const formatThinkAnswer: Reward = (text) => one(isChain(text.trim(), ['think', 'answer']))

/** Video-R1's: the same without trimming, so a trailing newline fails. */
export const formatVideoR1: Reward = (text) => one(isChain(text, ['think', 'answer']))

/** VideoChat-R1's for grounded QA: think, answer and glue blocks, and a glue list that passes the check. */
export const formatGlue: Reward = (text) =>
  one(isChain(text.trim(), ['think', 'answer', 'glue']) && parseGlue(text) !== null)

/** The same without thinking. */
export const formatGlueNoThink: Reward = (text) =>
  one(isChain(text.trim(), ['answer', 'glue']) && parseGlue(text) !== null)

/** ActRep-R1's: think and answer blocks found anywhere. */
export const formatCount: Reward = (text) => one(hasChain(text, ['think', 'answer']))

/** ActRep-R1's for Qwen3-VL-8B, whose tag is `<thinking>`. */
export const formatCount8b: Reward = (text) => one(hasChain(text, ['thinking', 'answer']))
