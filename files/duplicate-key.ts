/** The 1-based line of a position in a text. */
export const lineAt = (text: string, position: number): number => {
  let line = 1
  for (let at = text.indexOf('\n'); at !== -1 && at < position; at = text.indexOf('\n', at + 1)) line++
  return line
}

export interface DuplicateKey {
  readonly key: string
  /** 1-based lines of the second and of the first. */
  readonly line: number
  readonly before: number
}

/** Position of the quote that ends the JSON string beginning at `start`. */
const endOfString = (text: string, start: number): number => {
  for (let at = text.indexOf('"', start + 1); at !== -1; at = text.indexOf('"', at + 1)) {
    let slashes = 0
    while (text[at - 1 - slashes] === '\\') slashes++
    if (slashes % 2 === 0) return at
  }
  return text.length
}

/**
 * The first key that occurs twice in an object of a valid JSON text, or null. `JSON.parse` silently keeps the last of
 * two equal keys.
 */
export const duplicateKey = (text: string): DuplicateKey | null => {
  /** Positions of the keys of each open object; null for an open list. */
  const open: Array<Map<string, number> | null> = []
  for (let at = 0; at < text.length; at++)
    switch (text[at]) {
      case '{':
        open.push(new Map())
        break
      case '[':
        open.push(null)
        break
      case '}':
      case ']':
        open.pop()
        break
      case '"': {
        const end = endOfString(text, at)
        let next = end + 1
        while (text[next] === ' ' || text[next] === '\n' || text[next] === '\r' || text[next] === '\t') next++
        const keys = open.at(-1)
        if (text[next] === ':' && keys != null) {
          const key = JSON.parse(text.slice(at, end + 1)) as string
          const before = keys.get(key)
          if (before !== undefined) return { key, line: lineAt(text, at), before: lineAt(text, before) }
          keys.set(key, at)
        }
        at = end
      }
    }
  return null
}
