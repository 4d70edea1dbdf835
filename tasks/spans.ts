import { thoughtSpan } from './lenient/thinking.ts'
import { momentPattern, toSeconds } from './lenient/time.ts'
import type { YesNo } from './lenient/yes-no.ts'
import { type Reading, type RecordedReply, replyOf } from './reply.ts'

/** A part of a reply's text, by characters from 0, the end excluded. */
export interface Span {
  readonly from: number
  readonly to: number
  /** `word`: the letter, count, yes, no or "none" that was read. */
  readonly kind: 'thought' | 'answer' | 'window' | 'word'
}

/** The content of the last block of a tag behind `from`. */
const blockIn = (text: string, tag: string, from: number, to: number): Span | null => {
  const open = text.lastIndexOf(`<${tag}>`, to)
  if (open < from) return null
  const start = open + tag.length + 2
  const end = text.indexOf(`</${tag}>`, start)
  return { from: start, to: end < 0 || end > to ? to : end, kind: 'answer' }
}

const near = (a: number, b: number): boolean => Math.abs(a - b) < 1e-6

/** The moments of a part of a text, with their places. */
const momentsIn = (text: string, { from, to }: Span) =>
  [...text.slice(from, to).matchAll(new RegExp(momentPattern, 'giu'))].map((match) => ({
    from: from + match.index,
    to: from + match.index + match[0].length,
    seconds: toSeconds(match[0]),
  }))

/** Each window that was read where its two ends stand one after the other; those that are said otherwise are left out. */
const windowsIn = (
  text: string,
  part: Span,
  windows: ReadonlyArray<readonly [number, number]>,
): ReadonlyArray<Span> => {
  const moments = momentsIn(text, part)
  let next = 0
  return windows.flatMap(([start, end]): ReadonlyArray<Span> => {
    const at = moments.findIndex(
      ({ seconds }, i) =>
        i >= next && near(seconds, start) && i + 1 < moments.length && near(moments[i + 1]!.seconds, end),
    )
    if (at < 0) return []
    next = at + 2
    return [{ from: moments[at]!.from, to: moments[at + 1]!.to, kind: 'window' }]
  })
}

const escaped = (word: string): string => word.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`)

/** The last place of a word in a part of a text. */
const wordIn = (text: string, { from, to }: Span, word: string): ReadonlyArray<Span> => {
  const pattern = new RegExp(String.raw`(?<![\p{L}\p{N}])${escaped(word)}(?![\p{L}\p{N}])`, 'giu')
  const last = [...text.slice(from, to).matchAll(pattern)].at(-1)
  return last === undefined
    ? []
    : [{ from: from + last.index, to: from + last.index + last[0].length, kind: 'word' }]
}

const isYesNo = (reading: Reading | YesNo): reading is Extract<YesNo, { readonly kind: 'answer' }> =>
  reading.kind === 'answer' && 'yes' in reading

/**
 * Which parts of a reply its reading comes from, for people to check: thoughts, the part that is the answer, and in it
 * the windows or the word that was read. What was said in a form that cannot be located has no span; a reply that could
 * not be read has those of its thoughts only. Sorted by place.
 */
export const spansOf = (recorded: RecordedReply, reading: Reading | YesNo): ReadonlyArray<Span> => {
  const { text } = replyOf(recorded)
  const thought = thoughtSpan(text)
  const thoughts: ReadonlyArray<Span> = thought === null ? [] : [{ ...thought, kind: 'thought' }]
  if (reading.kind === 'unreadable') return thoughts
  const rest: Span =
    thought === null
      ? { from: 0, to: text.length, kind: 'answer' }
      : thought.from === 0
        ? { from: thought.to, to: text.length, kind: 'answer' }
        : { from: 0, to: thought.from, kind: 'answer' }
  const block = blockIn(text, 'answer', rest.from, rest.to)
  const glue = blockIn(text, 'glue', rest.from, rest.to)
  const marked = [block, glue].filter((part) => part !== null)
  const where = block ?? rest
  const found = isYesNo(reading)
    ? wordIn(text, where, reading.yes ? 'yes' : 'no')
    : reading.kind === 'none'
      ? wordIn(text, where, 'none')
      : [
          ...windowsIn(text, glue ?? where, reading.windows ?? []),
          ...(reading.answer === null ? [] : wordIn(text, where, reading.answer)),
        ]
  return [...thoughts, ...marked, ...found].toSorted((a, b) => a.from - b.from || b.to - a.to)
}
