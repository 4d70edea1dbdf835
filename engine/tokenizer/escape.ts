/** A character for private use: a `mark`, a code point in base 36 and a `mark` stand for that character. */
const mark = '\u{F8FD}'
const escaped = new RegExp(`${mark}([0-9a-z]+)${mark}`, 'g')

const quoted = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')

/** Keeps special tokens that others wrote apart from those that a chat template writes. */
export interface Escaping {
  /**
   * The text with the first character of each special token in it escaped. So is one that the end of the text begins,
   * which what follows might complete.
   */
  readonly escape: (text: string) => string
  /** The text as it was before `escape`. */
  readonly unescape: (text: string) => string
  /** Whether a text has anything escaped. */
  readonly isEscaped: (text: string) => boolean
  /** A text cut at its special tokens, which are at the odd places. */
  readonly split: (text: string) => ReadonlyArray<string>
}

export const escaping = (specialTokens: ReadonlyArray<string>): Escaping => {
  const tokens = specialTokens.filter((token) => token !== '').toSorted((a, b) => b.length - a.length)
  const candidates = new RegExp(
    [...new Set([mark, ...tokens.map((token) => String.fromCodePoint(token.codePointAt(0)!))])]
      .map(quoted)
      .join('|'),
    'gu',
  )
  const splitter = tokens.length === 0 ? /(?!)/ : new RegExp(`(${tokens.map(quoted).join('|')})`)
  const begins = (text: string, at: number) =>
    tokens.some((token) =>
      at + token.length <= text.length ? text.startsWith(token, at) : token.startsWith(text.slice(at)),
    )
  return {
    escape: (text) =>
      text.replace(candidates, (first, at: number) =>
        first === mark || begins(text, at) ? `${mark}${first.codePointAt(0)!.toString(36)}${mark}` : first,
      ),
    unescape: (text) =>
      text.replace(escaped, (_, code: string) => String.fromCodePoint(Number.parseInt(code, 36))),
    isEscaped: (text) => text.includes(mark),
    split: (text) => text.split(splitter),
  }
}
