/**
 * The contents of every `<tag>...</tag>` block, in order, as a non-greedy regular expression would find them:
 * from an opening tag to the nearest closing tag, then on from there. Linear in the length of the text, which a
 * backtracking expression is not when many tags stay open.
 */
export const blocks = (text: string, tag: string): ReadonlyArray<string> => {
  const open = `<${tag}>`
  const close = `</${tag}>`
  const found: Array<string> = []
  for (let from = 0; ; ) {
    const start = text.indexOf(open, from)
    if (start < 0) return found
    const end = text.indexOf(close, start + open.length)
    if (end < 0) return found
    found.push(text.slice(start + open.length, end))
    from = end + close.length
  }
}

/** The first block's content, or null. */
export const firstBlock = (text: string, tag: string): string | null => {
  const start = text.indexOf(`<${tag}>`)
  if (start < 0) return null
  const from = start + tag.length + 2
  const end = text.indexOf(`</${tag}>`, from)
  return end < 0 ? null : text.slice(from, end)
}

/**
 * The content of the first block that lies on one line, or null: what a non-greedy regular expression finds whose dot
 * stops at a newline, so a block that spans lines is passed over. Linear in the length of the text.
 */
export const firstLineBlock = (text: string, tag: string): string | null => {
  const open = `<${tag}>`
  const close = `</${tag}>`
  let end = -1
  let line = -1
  for (let start = text.indexOf(open); start >= 0; start = text.indexOf(open, start + 1)) {
    const from = start + open.length
    if (end < from) end = text.indexOf(close, from)
    if (end < 0) return null
    if (line >= 0 && line < from) line = -1
    if (line < 0) line = text.indexOf('\n', from)
    if (line < 0 || line > end) return text.slice(from, end)
  }
  return null
}

/** The last block's content, or null. */
export const lastBlock = (text: string, tag: string): string | null => blocks(text, tag).at(-1) ?? null
