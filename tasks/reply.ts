import type { Window } from '../core/index.ts'

/** A model's reply as every reader takes it; a backend's `ChatReply` is one. */
export interface Reply {
  readonly text: string
  /** `length`: the reply was cut off at the limit of tokens. */
  readonly finish: 'stop' | 'length'
  /** Thoughts that the server carried apart from the text. */
  readonly reasoning?: string
}

/** A reply as records hold it: its text alone where it ended by itself and had no thoughts apart. */
export type RecordedReply = string | Reply

/** The reply of a record, or of a text without further knowledge: one that ended by itself. */
export const replyOf = (reply: RecordedReply): Reply =>
  typeof reply === 'string' ? { text: reply, finish: 'stop' } : reply

/** How a reply is recorded. */
export const recordReply = ({ text, finish, reasoning }: Reply): RecordedReply =>
  finish === 'stop' && !reasoning ? text : { text, finish, ...(reasoning === undefined ? {} : { reasoning }) }

/**
 * Why a reply has no reading: it was cut off before its answer was complete, it holds thoughts only, nothing in it is an
 * answer, it says several things at once, a window ends before it starts, or it names an option that does not exist.
 */
export type Why = 'cut off' | 'only thinking' | 'no answer' | 'unclear' | 'reversed window' | 'no such option'

export interface Unreadable {
  readonly kind: 'unreadable'
  readonly why: Why
}

/**
 * The three outcomes of a reply. An `answer` may be wrong, e.g. lie outside the clip, and stays an answer; `none` says
 * that the query never holds; `unreadable` is neither. Nothing downstream turns one into another.
 */
export type Reading =
  | {
      readonly kind: 'answer'
      /** Windows in seconds as said, in the order of the reply; null where the task or the reply has none. */
      readonly windows: ReadonlyArray<Window> | null
      /** The option's letter or the count in digits; null where the task or the reply has none. */
      readonly answer: string | null
    }
  | { readonly kind: 'none' }
  | Unreadable

export const unreadable = (why: Why): Unreadable => ({ kind: 'unreadable', why })

/** The reading of what a strict or published reader found: null where it found nothing. */
export const readingOf = (
  reply: Reply,
  windows: ReadonlyArray<Window> | null,
  answer: string | null = null,
): Reading => {
  if (windows === null && answer === null)
    return unreadable(reply.finish === 'length' ? 'cut off' : 'no answer')
  return answer === null && windows?.length === 0 ? { kind: 'none' } : { kind: 'answer', windows, answer }
}

/** The windows that a reading names, `[]` for `none`; null where there are none to be read. */
export const windowsOf = (reading: Reading): ReadonlyArray<Window> | null =>
  reading.kind === 'none' ? [] : reading.kind === 'answer' ? reading.windows : null
