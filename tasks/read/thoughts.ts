import type { Window } from '../../core/index.ts'
import { momentPattern, toSeconds } from '../lenient/time.ts'
import type { Reply } from '../reply.ts'
import { lastBlock } from './blocks.ts'

/** The two parts of a reply that thinks and then counts; null where one is missing. */
export interface ThoughtCount {
  readonly thoughts: string | null
  /** What the last `<answer>` block says, trimmed: not necessarily a number. */
  readonly answer: string | null
}

/**
 * The thoughts of a reply, `<think>` or ActRep-R1's `<thinking>`, the last before the answer, or those that a server
 * carried apart from the text; and its answer.
 */
export const splitThoughts = ({ text, reasoning }: Pick<Reply, 'text' | 'reasoning'>): ThoughtCount => {
  const written = lastBlock(text, 'think') ?? lastBlock(text, 'thinking') ?? reasoning ?? null
  return {
    thoughts: written === null || written.trim() === '' ? null : written.trim(),
    answer: lastBlock(text, 'answer')?.trim() ?? null,
  }
}

/** The tag of the thoughts of a written reply: ActRep-R1's own where it has that. */
export const thoughtTag = (text: string): 'think' | 'thinking' =>
  text.includes('<thinking>') ? 'thinking' : 'think'

/** One `repN:` mark. */
export interface ListedRepetition {
  readonly number: number
  /** Seconds as written; null where no interval follows the mark. */
  readonly window: Window | null
}

const mark = /\brep(?:etition)?\s?(\d{1,6})\s?:/gi
const interval = new RegExp(
  String.raw`^[ \t]{0,3}[[(]?(${momentPattern})[ \t]{0,3}(?:-{1,2}>?|–|—|to)[ \t]{0,3}(${momentPattern})`,
  'iu',
)

/** The repetitions that thoughts list, `rep1: 1.0s-5.0s`, in the order of the text. */
export const listedRepetitions = (thoughts: string): ReadonlyArray<ListedRepetition> =>
  [...thoughts.matchAll(mark)].map((found) => {
    const pair = interval.exec(thoughts.slice(found.index + found[0].length, found.index + 120))
    return {
      number: Number(found[1]),
      window: pair === null ? null : [toSeconds(pair[1]!), toSeconds(pair[2]!)],
    }
  })

const total = /\btotal count(?:\s(?:is|of))?\s?[:=]?[\s*]{0,4}(-?\d{1,9}(?:\.\d{1,9})?)/gi

/** The last `Total count: N` of thoughts; null where they have none. */
export const totalCount = (thoughts: string): number | null => {
  const last = [...thoughts.matchAll(total)].at(-1)
  return last === undefined ? null : Number(last[1])
}
