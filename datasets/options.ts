import { letter } from '../core/index.ts'

/** What is wrong with options for which `bareOptions` has none. */
export const unordered = 'options: their letters are not in order'

const labelled = /^(?:\(([A-Z])\)|([A-Z])[.):]) ?/

/**
 * Options without the letters that they carry: `(A) text`, `A. text`, `A) text`. As they are where not each carries one
 * (`U.S. flag` carries none); null where the letters are not those of their places, so that an answer by letter could
 * mean either of two.
 */
export const bareOptions = (texts: ReadonlyArray<string>): ReadonlyArray<string> | null => {
  const letters = texts.map((text) => {
    const match = labelled.exec(text)
    return match?.[1] ?? match?.[2]
  })
  if (letters.every((one, place) => one === letter(place)))
    return texts.map((text) => text.replace(labelled, ''))
  const own = new Set(letters)
  return texts.length > 0 && texts.every((_, place) => own.has(letter(place))) ? null : texts
}

/** The letter that an answer names: `B`, `b`, `(B)` or `B. text`; null where it names none. */
export const letterOfAnswer = (answer: string): string | null => {
  const match = /^\(?([A-Za-z])(?:\)|[.):]|$)/.exec(answer.trim())
  return match?.[1]?.toUpperCase() ?? null
}

/** The letter of the first option equal to `answer`, or null. */
export const letterOfText = (options: ReadonlyArray<string>, answer: string): string | null => {
  const index = options.indexOf(answer)
  return index === -1 ? null : letter(index)
}
