import { blocks, firstBlock } from './blocks.ts'

/** What a round of Sparse-Video-R1 says: an answer, a wish for other frames, or neither. */
export type Turn =
  | { readonly kind: 'answer'; readonly text: string }
  | { readonly kind: 'request'; readonly add: ReadonlyArray<number>; readonly remove: ReadonlyArray<number> }
  | { readonly kind: 'error'; readonly problem: string }

/** The bracketed list after `sign`: null where there is none, `'empty'` where no item of a filled list is a number. */
const listAfter = (text: string, sign: '+' | '-'): ReadonlyArray<number> | null | 'empty' => {
  const opening = (sign === '+' ? /\+\s*\[/ : /-\s*\[/).exec(text)
  if (opening === null) return null
  const from = opening.index + opening[0].length
  const end = text.indexOf(']', from)
  if (end < 0) return null
  const body = text.slice(from, end).trim()
  if (body === '') return []
  const items = body.split(',').map((item) => item.trim())
  const numbers = items.filter((item) => /^\d{1,15}$/.test(item)).map(Number)
  return numbers.length === 0 ? 'empty' : numbers
}

/**
 * Sparse-Video-R1's reading when scoring: the first `<think>` and the first `<answer>` block are required; `+[..]` and
 * `-[..]` in the answer make it a request for frames, whose items that are not plain digits are dropped.
 */
export const parseTurn = (text: string): Turn => {
  if (firstBlock(text, 'think') === null) return { kind: 'error', problem: 'no <think> block' }
  const answer = firstBlock(text, 'answer')?.trim()
  if (answer === undefined) return { kind: 'error', problem: 'no <answer> block' }
  const add = listAfter(answer, '+')
  const remove = listAfter(answer, '-')
  if (add === 'empty' || remove === 'empty')
    return { kind: 'error', problem: 'a frame list without a number' }
  if (add === null && remove === null) return { kind: 'answer', text: answer }
  return { kind: 'request', add: add ?? [], remove: remove ?? [] }
}

/** Whether an answer block asks for frames, in any form: it then names no option, whatever else it holds. */
export const isFrameRequest = (text: string): boolean =>
  /<answer>\s*[+-]\s*\[/.test(text) || blocks(text, 'answer').some((answer) => /[+-]\s*\[\s*\d/.test(answer))
