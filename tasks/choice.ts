import { type Style, shapesStyle, shownAs, withThinking } from './dialect.ts'
import { letterClass, replyForm } from './form.ts'
import { readLetter } from './lenient/letter.ts'
import { withoutThinking } from './lenient/thinking.ts'
import { annotatedLetter, choiceAnswer, listOptions } from './options.ts'
import { isFrameRequest } from './read/frames.ts'
import { letterBy } from './read/letter.ts'
import { readingOf, unreadable } from './reply.ts'
import type { TaskSpec } from './spec.ts'

/** Which option is right. */
export const choiceQuestion = (
  question: string,
  options: ReadonlyArray<string>,
  style: Style = shapesStyle,
): string =>
  withThinking(
    style.dialect === 'shapes'
      ? `${question}${listOptions(options)}\nAnswer with the letter as <answer>letter</answer>.`
      : `${shownAs(style).look} and answer this question: ${question}\n${listOptions(options)}\n\nExactly one option is right.\n\nEnd your reply with the letter of that option in this form:\n<answer>LETTER</answer>\nAn example of the form only, not of this ${shownAs(style).what}: <answer>A</answer>`,
    style,
  )

/** Multiple choice: which option is right? */
export const choice: TaskSpec = {
  name: 'choice',
  grounded: false,
  answers: 'letter',
  question: ({ query, options = [] }, style) => choiceQuestion(query, options, style),
  answer: ({ answer, options }) => {
    const chosen = annotatedLetter(answer, options)
    return chosen === null ? null : choiceAnswer(chosen)
  },
  form: ({ options }, style) => replyForm(`<answer>${letterClass(options?.length)}</answer>`, style),
  read: (reply, { options }, reader) =>
    reader === 'lenient'
      ? isFrameRequest(withoutThinking(reply.text) ?? '')
        ? unreadable('no answer')
        : readLetter(reply, options)
      : readingOf(reply, null, letterBy(reader, reply.text, options?.length ?? 26)),
}
