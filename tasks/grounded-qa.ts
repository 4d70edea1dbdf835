import { type Window, Windows } from '../core/index.ts'
import { type Style, shapesStyle, withThinking } from './dialect.ts'
import { gluePattern, letterClass, replyForm } from './form.ts'
import { aboutWindows } from './instructions.ts'
import { readGrounded } from './lenient/grounded.ts'
import { annotatedLetter, choiceAnswer, listOptions } from './options.ts'
import { parseGlue } from './read/glue.ts'
import { letterBy } from './read/letter.ts'
import { readingOf } from './reply.ts'
import type { TaskSpec } from './spec.ts'
import { formatEnds, inOrder } from './times.ts'

/** Which option is right, and when the video shows it. */
export const groundedQuestion = (
  question: string,
  options: ReadonlyArray<string>,
  style: Style = shapesStyle,
): string =>
  withThinking(
    style.dialect === 'shapes'
      ? `${question}${listOptions(options)}\nAnswer with the letter and the seconds that show it as <answer>letter</answer><glue>[(start, end)]</glue>.`
      : `Watch the video, answer this question, and give the time ranges that show why the answer is right: ${question}\n${listOptions(options)}\n\nExactly one option is right. ${aboutWindows}\n\nEnd your reply with the letter of the option and the list of ranges in this form:\n<answer>LETTER</answer><glue>[(START, END), (START, END)]</glue>\nWhere no part of the video shows it, the list is empty: <glue>[]</glue>\nAn example of the form only, not of this video: <answer>A</answer><glue>[(31.5, 38.0)]</glue>`,
    style,
  )

/** The answer to a grounded question: `<answer>B</answer><glue>[(1.0, 2.5)]</glue>`. */
export const groundedAnswer = (chosen: string, windows: ReadonlyArray<Window>): string =>
  `${choiceAnswer(chosen)}<glue>[${inOrder(windows)
    .map((window) => `(${formatEnds(window).join(', ')})`)
    .join(', ')}]</glue>`

/** Grounded question answering: which option is right, and which part of the video shows it? */
export const groundedQa: TaskSpec = {
  name: 'grounded-qa',
  grounded: true,
  answers: 'letter',
  question: ({ query, options = [] }, style) => groundedQuestion(query, options, style),
  answer: ({ answer, options, windows }) => {
    const chosen = annotatedLetter(answer, options)
    return chosen === null || windows === null ? null : groundedAnswer(chosen, windows)
  },
  form: ({ options }, style) =>
    replyForm(`<answer>${letterClass(options?.length)}</answer>${gluePattern}`, style),
  read: (reply, { options }, reader) => {
    if (reader === 'lenient') return readGrounded(reply, options)
    const windows = parseGlue(reply.text)
    const answer = letterBy(reader, reply.text, options?.length ?? 26)
    return readingOf(reply, windows?.every(Windows.isWindow) === false ? null : windows, answer)
  },
}
