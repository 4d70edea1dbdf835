import { letter } from '../core/index.ts'

/** The options of a question, one a line: `A. red`. */
export const listOptions = (options: ReadonlyArray<string>): string =>
  options.map((option, index) => `\n${letter(index)}. ${option}`).join('')

/** The answer to a multiple-choice question: `<answer>B</answer>`. */
export const choiceAnswer = (chosen: string): string => `<answer>${chosen}</answer>`

/** The annotated letter, or null where it is not one of the options'. */
export const annotatedLetter = (
  answer: string | undefined,
  options: ReadonlyArray<string> | undefined,
): string | null =>
  answer !== undefined &&
  /^[A-Z]$/.test(answer) &&
  (options === undefined || answer.charCodeAt(0) - 65 < options.length)
    ? answer
    : null
