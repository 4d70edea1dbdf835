import { type Style, shapesStyle, shownAs, withThinking } from './dialect.ts'
import { replyForm } from './form.ts'
import { readCount } from './lenient/count.ts'
import { parseCount, parseCountActRep, parseCountDvd, parseCountLmmsEval } from './read/count.ts'
import type { Reader } from './readers.ts'
import { readingOf } from './reply.ts'
import type { TaskSpec } from './spec.ts'

/** How often something happens; `question` already asks for the number. */
export const countingQuestion = (question: string, style: Style = shapesStyle): string =>
  withThinking(
    style.dialect === 'shapes'
      ? `${question} Answer with the number as <answer>number</answer>.`
      : `${shownAs(style).whole} and answer this question with a count: ${question}\n\nThe count is a whole number in digits; 0 is possible.\n\nEnd your reply with exactly one answer in this form:\n<answer>NUMBER</answer>\nAn example of the form only, not of this ${shownAs(style).what}: <answer>17</answer>`,
    style,
  )

/** The answer to a counting question: `<answer>3</answer>`. */
export const countAnswer = (count: number): string => `<answer>${count}</answer>`

/** The published readings of a count; every other reader reads the strict form. */
const published: { readonly [reader in Reader]?: (text: string) => number | null } = {
  'actrep-r1': parseCountActRep,
  dvd: parseCountDvd,
  'lmms-eval': parseCountLmmsEval,
}

/** Counting: how often, or how many? */
export const counting: TaskSpec = {
  name: 'counting',
  grounded: false,
  answers: 'count',
  question: ({ query }, style) => countingQuestion(query, style),
  answer: ({ answer }) =>
    answer !== undefined && /^\d{1,15}$/.test(answer) ? countAnswer(Number(answer)) : null,
  form: (_, style) => replyForm(String.raw`<answer>\d{1,5}</answer>`, style),
  read: (reply, _, reader) => {
    if (reader === 'lenient') return readCount(reply)
    const count = (published[reader] ?? parseCount)(reply.text)
    return readingOf(reply, null, count === null ? null : String(count))
  },
}
