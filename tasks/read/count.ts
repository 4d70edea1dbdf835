import { roundHalfEven } from '../../core/index.ts'
import { blocks, lastBlock } from './blocks.ts'

/** The strict count: exactly one `<answer>` block that holds decimal digits and nothing else. Null otherwise. */
export const parseCount = (text: string): number | null => {
  const answers = blocks(text, 'answer')
  return answers.length === 1 ? digits((answers[0] ?? '').trim()) : null
}

const digits = (text: string): number | null => {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
  return Number.isFinite(value) ? value : null
}

/**
 * ActRep-R1's count: the last `<answer>` block, trimmed; all digits are that number, else the last stand-alone run of
 * digits counts if it is at most 1000 (`3.5` gives 5, `-4` gives 4, `12reps` nothing).
 */
export const parseCountActRep = (text: string): number | null => {
  const answer = lastBlock(text, 'answer')?.trim()
  if (answer === undefined) return null
  if (/^\d+$/.test(answer)) return digits(answer)
  // Python's word boundary knows letters of all scripts.
  const last = [...answer.matchAll(/(?<![\p{L}\p{N}_])\d+(?![\p{L}\p{N}_])/gu)].at(-1)
  const count = last === undefined ? Number.NaN : Number(last[0])
  return count <= 1000 ? count : null
}

/** DVD-counting's count: the first `<answer>` block that holds digits and white space only. */
export const parseCountDvd = (text: string): number | null => {
  const match = /<answer>\s*(\d+)\s*<\/answer>/.exec(text)
  return match?.[1] === undefined ? null : digits(match[1])
}

const numberWords =
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty'.split(
    ' ',
  )

/**
 * The count of lmms-eval's task `repcount`, read from the whole reply, commas removed: a number word up to twenty (or
 * `none`) that is all there is, else the first number, sign and decimals included, rounded (`2.5` gives 2, `-4` is -4).
 */
export const parseCountLmmsEval = (text: string): number | null => {
  const plain = text.trim().toLowerCase().replaceAll(',', '')
  if (plain === 'none') return 0
  const word = numberWords.indexOf(plain)
  if (word >= 0) return word
  const value = Number(/-?\d+(?:\.\d+)?/.exec(plain)?.[0] ?? Number.NaN)
  return Number.isFinite(value) ? roundHalfEven(value) : null
}
