export type Finish = 'stop' | 'length'

export interface StopRule {
  /** Tokens that end a completion; they are kept as its last token. */
  readonly endTokens: ReadonlySet<number>
  /** Texts that end a completion; the text is cut before them, the tokens that spelled them are kept. */
  readonly stop: ReadonlyArray<string>
  readonly maxTokens: number
  readonly decode: (tokens: ReadonlyArray<number>) => string
}

/** Index in `text` of the earliest stop string, or -1. */
export const findStop = (text: string, stop: ReadonlyArray<string>): number =>
  stop.reduce((first, candidate) => {
    const at = candidate === '' ? -1 : text.indexOf(candidate)
    return at >= 0 && (first < 0 || at < first) ? at : first
  }, -1)

/** Whether the completion is over now that its last token was added. */
export const finishOf = (tokens: ReadonlyArray<number>, rule: StopRule): Finish | undefined => {
  const last = tokens.at(-1)
  if (last !== undefined && rule.endTokens.has(last)) return 'stop'
  if (rule.stop.length > 0) {
    // A token spells at least one byte, so the stop string lies within this many of the last tokens.
    const reach = Math.max(...rule.stop.map((text) => Buffer.byteLength(text))) + 8
    if (findStop(rule.decode(tokens.slice(-reach)), rule.stop) >= 0) return 'stop'
  }
  return tokens.length >= rule.maxTokens ? 'length' : undefined
}

/** The text of a completion: special tokens left out, cut before the first stop string. */
export const textOf = (tokens: ReadonlyArray<number>, rule: StopRule): string => {
  const text = rule.decode(tokens)
  const at = findStop(text, rule.stop)
  return at < 0 ? text : text.slice(0, at)
}
