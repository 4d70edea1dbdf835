/**
 * Where in `text` a chain of blocks, one after the other with only white space between, ends; -1 where there is no
 * such chain from `start` on. Takes the earliest possible chain, in linear time.
 */
const chainEnd = (text: string, tags: ReadonlyArray<string>, start: number): number => {
  let from = start
  for (const [i, tag] of tags.entries()) {
    if (i === 0) {
      from += tag.length + 2
      continue
    }
    const joint = new RegExp(`</${tags[i - 1]}>\\s*<${tag}>`, 'g')
    joint.lastIndex = from
    const match = joint.exec(text)
    if (match === null) return -1
    from = match.index + match[0].length
  }
  return from
}

/**
 * Whether the whole of `text` matches `<a>.*?</a>\s*<b>.*?</b>...` as Python's full match with a dot that takes
 * newlines would: contents may be empty and may repeat the tags.
 */
export const isChain = (text: string, tags: ReadonlyArray<string>): boolean => {
  const close = `</${tags.at(-1)}>`
  if (!text.startsWith(`<${tags[0]}>`) || !text.endsWith(close)) return false
  const from = chainEnd(text, tags, 0)
  return from >= 0 && from <= text.length - close.length
}

/** Whether such a chain occurs anywhere in `text`, as Python's search would find it. */
export const hasChain = (text: string, tags: ReadonlyArray<string>): boolean => {
  const start = text.indexOf(`<${tags[0]}>`)
  const from = start < 0 ? -1 : chainEnd(text, tags, start)
  return from >= 0 && text.indexOf(`</${tags.at(-1)}>`, from) >= 0
}
