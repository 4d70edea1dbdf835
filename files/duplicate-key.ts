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

const token = /"(?:[^"\\]|\\.)*"|[{}[\]]/g

/** The first key that the outermost object of a valid JSON text has twice, or null. */
export const duplicateKey = (text: string): DuplicateKey | null => {
  const seen = new Map<string, number>()
  let depth = 0
  token.lastIndex = 0
  for (let match = token.exec(text); match !== null; match = token.exec(text)) {
    const [found] = match
    if (found === '{' || found === '[') depth++
    else if (found === '}' || found === ']') depth--
    else if (depth === 1 && /^\s*:/.test(text.slice(token.lastIndex, token.lastIndex + 16))) {
      const key: unknown = JSON.parse(found)
      if (typeof key !== 'string') continue
      const before = seen.get(key)
      if (before !== undefined) return { key, line: lineAt(text, match.index), before: lineAt(text, before) }
      seen.set(key, match.index)
    }
  }
  return null
}
