import { blocks } from '../read/blocks.ts'
import { type Reply, type Unreadable, unreadable } from '../reply.ts'
import { normal } from './normal.ts'
import { withoutThinking } from './thinking.ts'

/** The part of a reply that is its answer. */
export interface Region {
  readonly kind: 'region'
  readonly text: string
  /** Set apart by a tag, a box, a fence or a phrase such as `Answer:`; otherwise it is the whole reply. */
  readonly marked: boolean
  /** Whether what sets it apart says that it is complete. */
  readonly closed: boolean
}

const lastBoxed = (text: string): string | null => {
  const start = text.lastIndexOf('\\boxed{')
  if (start < 0) return null
  let depth = 0
  for (let i = start + 6; i < text.length; i++) {
    if (text[i] === '{') depth++
    else if (text[i] === '}' && --depth === 0) return text.slice(start + 7, i)
  }
  return null
}

/** The last fenced block; pieces of a text cut at its fences are outside and inside by turns. */
const lastFence = (text: string): string | null => {
  const pieces = text.split('```')
  const last =
    pieces.length < 3 ? undefined : pieces[pieces.length % 2 === 0 ? pieces.length - 3 : pieces.length - 2]
  return last === undefined ? null : last.replace(/^[a-z]{1,12}\s/i, '')
}

const phrase =
  /(?:\b(?:answer|ans|response|verdict|result|output|prediction|conclusion)\b(?: is| are)?[ \t]*[:=]|\banswer is\b|答案(?:是|为)?:?|最终答案:?)/gi

const afterPhrase = (text: string): string | null => {
  let end = -1
  for (const match of text.matchAll(phrase)) end = match.index + match[0].length
  const rest = end < 0 ? '' : text.slice(end)
  return rest.trim() === '' ? null : rest
}

/** Where a model begins to explain what it has answered. */
const explanation =
  /\n[ \t]*(?:\(?(?:explanation|reason|reasoning|rationale|justification|note|description|details?)\b[ \t]*[:(-]|because\b|this is because\b|解释|说明|理由)/i

/** What is said before an explanation, where that is anything. */
const unexplained = (text: string): string => {
  const at = text.search(explanation)
  return at < 0 || text.slice(0, at).trim() === '' ? text : text.slice(0, at)
}

const region = (text: string, marked: boolean, closed: boolean): Region => ({
  kind: 'region',
  text,
  marked,
  closed,
})

/**
 * The last complete answer of a reply: of `<answer>` blocks the last, else of `\boxed{}`, else of fenced blocks, else
 * what follows the last `Answer:`, else all of it. Thoughts are removed first. A reply that was cut off has an answer
 * only where that is closed.
 */
export const regionOf = (reply: Reply): Region | Unreadable => {
  const cut = reply.finish === 'length'
  const said = withoutThinking(reply.text)
  if (said === null || said.trim() === '') {
    const thought = said === null || reply.text.trim() !== '' || (reply.reasoning ?? '').trim() !== ''
    return unreadable(cut ? 'cut off' : thought ? 'only thinking' : 'no answer')
  }
  const text = normal(said)
  const block = blocks(text, 'answer').at(-1)
  if (block !== undefined) return region(inner(block), true, true)
  const open = text.lastIndexOf('<answer>')
  const boxed = lastBoxed(text)
  if (boxed !== null) return region(boxed, true, true)
  const fenced = lastFence(text)
  if (fenced !== null) return region(fenced, true, true)
  // A server that stops at `</answer>` does not send it.
  if (open >= 0) return region(text.slice(open + '<answer>'.length), true, false)
  const after = afterPhrase(text)
  return region(unexplained(after ?? text), after !== null, false)
}

/** What a block says: its own box or fence where it has one. */
const inner = (block: string): string =>
  lastBoxed(block) ?? lastFence(block) ?? block.replaceAll('<answer>', '')
