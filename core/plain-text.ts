/*
 * Text from outside (file names, queries, replies, server errors) made safe to print. A terminal obeys escape
 * sequences, and direction marks change the order in which text is displayed.
 */

const escape = String.fromCharCode(27)

/** Escape sequences of a terminal (ECMA-48): strings such as titles and links, CSI such as colours, and the short ones. */
const sequences = new RegExp(
  [
    `(?:${escape}[\\]PX^_]|[\\u0090\\u0098\\u009d-\\u009f])[^\\u0007\\u001b\\u009c]*(?:\\u0007|${escape}\\\\|\\u009c)?`,
    `(?:${escape}\\[|\\u009b)[0-?]*[ -/]*[@-~]?`,
    `${escape}[ -/]*[0-~]?`,
  ].join('|'),
  'gu',
)

/** Control characters other than tab and line feed, and marks that change the direction of text. */
const controls = /[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu

/** A text without the characters that a terminal would act on; line feeds and tabs stay. */
export const plainText = (text: string): string =>
  text
    .replaceAll(sequences, '')
    .replaceAll(controls, (character) => (character === '\n' || character === '\t' ? character : ''))

/** The same on one line, for the cell of a table or a message. */
export const plainLine = (text: string): string =>
  plainText(text.replaceAll(/[\r\n\u2028\u2029]+/g, '\n')).replaceAll(/\s*[\n\t]\s*/g, ' ')

/** JSON on one line that parses to the same value and contains nothing that a terminal would act on. */
export const plainJson = (value: unknown): string =>
  JSON.stringify(value).replaceAll(
    controls,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
