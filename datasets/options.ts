import { letter } from '../core/index.ts'

/** An option without the letter it may carry: `(A) text`, `A. text`, `A) text`. */
export const bareOption = (text: string): string => text.replace(/^(?:\([A-Z]\)|[A-Z][.):]) ?/, '')

/** The letter of the first option equal to `answer`, or null. */
export const letterOfText = (options: ReadonlyArray<string>, answer: string): string | null => {
  const index = options.indexOf(answer)
  return index === -1 ? null : letter(index)
}
