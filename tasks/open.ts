import { type Style, shapesStyle, shownAs, withThinking } from './dialect.ts'
import { replyForm } from './form.ts'
import { withoutThinking } from './lenient/thinking.ts'
import { firstBlock, lastBlock } from './read/blocks.ts'
import { readingOf, unreadable } from './reply.ts'
import type { TaskSpec } from './spec.ts'

/** A question that is answered in a few words or with a number. */
const openQuestion = (question: string, style: Style = shapesStyle): string =>
  withThinking(
    style.dialect === 'shapes'
      ? `${question} Answer as <answer>answer</answer>.`
      : `${shownAs(style).look} and answer this question: ${question}\n\nThe answer is a number, or a text as short as the question allows.\n\nEnd your reply with the answer alone in this form:\n<answer>ANSWER</answer>\nAn example of the form only, not of this ${shownAs(style).what}: <answer>a red door</answer>`,
    style,
  )

/** The answer to an open question: `<answer>3.5</answer>`. */
const openAnswer = (answer: string): string => `<answer>${answer}</answer>`

/**
 * Open questions: numbers with decimals, written text, free text and estimates, as Video-R1 has them beside its choices.
 * How right an answer is is for a reward to say, by the sample's `meta.type`.
 */
export const open: TaskSpec = {
  name: 'open',
  grounded: false,
  answers: 'text',
  question: ({ query }, style) => openQuestion(query, style),
  answer: ({ answer }) => (answer === undefined ? null : openAnswer(answer)),
  form: (_, style) => replyForm('<answer>[^<]+</answer>', style),
  read: (reply, _, reader) => {
    const strict = (reader === 'lenient' ? lastBlock : firstBlock)(reply.text, 'answer')?.trim()
    if (strict !== undefined || reader !== 'lenient') return readingOf(reply, null, strict || null)
    // Video-R1's own evaluation takes the whole output where it has no answer block.
    const said = withoutThinking(reply.text)?.trim()
    if (said === undefined) return unreadable('only thinking')
    return reply.finish === 'length' ? unreadable('cut off') : readingOf(reply, null, said || null)
  },
}
