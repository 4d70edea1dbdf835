import { letter } from '../core/index.ts'
import type { Collector } from './collect.ts'

/** An option without the letter it may carry: `(A) text`, `A. text`, `A) text`. */
export const bareOption = (text: string): string => text.replace(/^(?:\([A-Z]\)|[A-Z][.):]) ?/, '')

/** The letter of the first option equal to `answer`, or null. */
export const letterOfText = (options: ReadonlyArray<string>, answer: string): string | null => {
  const index = options.indexOf(answer)
  return index === -1 ? null : letter(index)
}

/** Notes options that say the same: a model cannot tell them apart. */
export const checkOptions = (
  file: string,
  line: number,
  options: ReadonlyArray<string>,
  into: Collector,
): void => {
  const twice = options.find((option, index) => options.indexOf(option) !== index)
  if (twice !== undefined)
    into.problem(file, line, 'duplicate-option', `the option ${JSON.stringify(twice)} stands there twice`)
}
