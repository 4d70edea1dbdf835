import { firstBlock } from '../../tasks/index.ts'
import type { Reward } from '../reward.ts'

/** The answer's text: the trimmed first `<answer>` block that stays on one line, else the whole trimmed text. */
const answerText = (text: string): string => {
  const block = firstBlock(text, 'answer')
  return (block === null || block.includes('\n') ? text : block).trim()
}

const number = (text: string): number | null => {
  const match = /^[+-]?\d{1,15}(?:\.\d{1,15})?$/.exec(text.replaceAll(/[\s,$]/g, ''))
  return match === null ? null : Number(match[0])
}

/**
 * Video-R1 preview's accuracy for DVD-counting, 1 or 0: equal numbers, or else equal texts. The source compares with a
 * symbolic algebra; on counts that is equality of numbers, which is what is done here.
 */
export const dvdAccuracy: Reward = (text, target) => {
  if (target.answer === undefined) return 0
  const given = answerText(text)
  const wanted = answerText(target.answer)
  const a = number(given)
  const b = number(wanted)
  return (a !== null && b !== null && a === b) || given === wanted ? 1 : 0
}
