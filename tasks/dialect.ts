import type { Dialect } from '../models/profile/index.ts'

export { type Dialect, dialects } from '../models/profile/index.ts'

/** Enters the key of every result: change a text of a dialect, and change its version. */
const versions: { readonly [dialect in Dialect]: string } = { shapes: 'ask/1', general: 'general/1' }

/** The version of a dialect, e.g. `ask/1`. */
export const dialectVersion = (dialect: Dialect): string => versions[dialect]

/** How a question is put. */
export interface Style {
  readonly dialect: Dialect
  /** Asks for thoughts before the answer. */
  readonly think: boolean
  /** Whether the question is about an image; about a video where absent. */
  readonly image?: true
}

/** How a question of the `general` dialect begins, and what it calls what is shown. */
export const shownAs = ({ image }: Pick<Style, 'image'>) =>
  image === true
    ? { look: 'Look at the image', whole: 'Look at the whole image', what: 'image' }
    : { look: 'Watch the video', whole: 'Watch the whole video', what: 'video' }

/** The style that the shipped checkpoint was trained on. */
export const shapesStyle: Style = { dialect: 'shapes', think: false }

/** A question with the request for thoughts where the style has one. */
export const withThinking = (text: string, { dialect, think }: Style): string => {
  if (!think) return text
  return dialect === 'shapes'
    ? `${text} First think step by step inside <think></think>.`
    : `${text}\n\nFirst reason step by step between <think> and </think>, then give the answer.`
}
