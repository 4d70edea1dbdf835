import { firstLineBlock, type Reply, withoutThinking } from '../../tasks/index.ts'

/** What a reply does in the conversation: it answers, asks for frames by second, or neither. */
export type Move =
  | { readonly kind: 'answer' }
  | {
      readonly kind: 'request'
      /** Null where there is no list to add: such a request only removes. */
      readonly add: ReadonlyArray<number> | null
      readonly remove: ReadonlyArray<number>
    }
  | { readonly kind: 'none' }

/** The whole numbers of the list after `opening`, or null where there is no such list; other items are left out. */
const numbersAfter = (text: string, opening: '+[' | '-['): ReadonlyArray<number> | null => {
  const start = text.indexOf(opening)
  const end = start < 0 ? -1 : text.indexOf(']', start)
  if (end < 0) return null
  return text
    .slice(start + opening.length, end)
    .split(',')
    .map((item) => item.trim())
    .filter((item) => /^\d{1,15}$/.test(item))
    .map(Number)
}

/**
 * How Sparse-Video-R1's loop reads a reply, thoughts removed: the first `<answer>` block on one line; `+[..]` and
 * `-[..]`, exactly so, are the seconds to add and to remove. Its scoring reads more tolerantly: `parseTurn`.
 */
export const readMove = (reply: Pick<Reply, 'text'>): Move => {
  const answer = firstLineBlock(withoutThinking(reply.text) ?? '', 'answer')
  if (answer === null) return { kind: 'none' }
  const add = numbersAfter(answer, '+[')
  const remove = numbersAfter(answer, '-[')
  return add === null && remove === null ? { kind: 'answer' } : { kind: 'request', add, remove: remove ?? [] }
}
