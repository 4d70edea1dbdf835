import { firstLineBlock } from '../../tasks/index.ts'
import type { Reward } from '../reward.ts'

/** The answer's text: the trimmed first `<answer>` block that lies on one line, else the whole trimmed text. */
const answerText = (text: string): string => (firstLineBlock(text, 'answer') ?? text).trim()

const standing =
  /(?<=^|[\s$])[+-]?(?:\d{1,3}(?:,\d{3}){1,4}|\d{1,15})(?:\.\d{1,15})?(?=[.,;:!?]?(?:[\s$]|$))/g

/** The last number that stands alone between white space, dollar signs or the ends; null where there is none. */
const lastNumber = (text: string): number | null => {
  const last = text.match(standing)?.at(-1)
  return last === undefined ? null : Number(last.replaceAll(',', ''))
}

/**
 * Video-R1 preview's accuracy for DVD-counting, 1 or 0: equal numbers, or else equal texts. The source compares what a
 * symbolic algebra parses from the whole output, its thoughts included; here it is the last number that stands alone in
 * the answer, or in the whole output where no answer lies on one line.
 */
export const dvdAccuracy: Reward = (text, target) => {
  if (target.answer === undefined) return 0
  const given = answerText(text)
  const wanted = answerText(target.answer)
  const a = lastNumber(given)
  const b = lastNumber(wanted)
  return (a !== null && b !== null && a === b) || given === wanted ? 1 : 0
}
