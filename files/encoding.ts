/** What is wrong with a text whose first bytes are `head`: UTF-16 and UTF-32, marked or not, are not read. Null for others. */
export const encodingProblem = (head: Uint8Array): string | null => {
  const [a, b, c, d] = head
  const marked = (a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff)
  // Every annotation begins with ASCII, so unmarked UTF-16 has a zero in every other byte.
  const wide = head.length >= 4 && ((a !== 0 && b === 0 && d === 0) || (a === 0 && b !== 0 && c === 0))
  const wider = head.length >= 4 && a === 0 && b === 0 && ((c === 0xfe && d === 0xff) || (c === 0 && d !== 0))
  return marked || wide || wider ? 'is UTF-16 or UTF-32 text' : null
}

/** The remedy for text in another encoding. */
export const saveAsUtf8 = 'save it as UTF-8'
