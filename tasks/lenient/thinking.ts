/** Names of the tags between which models write their thoughts. */
const names = 'think|thinking|thought|thoughts|reason|reasoning|reflection|analysis|seed:think'
const opening = new RegExp(String.raw`<(?:${names})>|◁think▷|\[THINK\]|<\|begin_of_thought\|>`, 'gi')
const closing = new RegExp(String.raw`</(?:${names})>|◁/think▷|\[/THINK\]|<\|end_of_thought\|>`, 'gi')
/** Where the final channel of a reply in channels (gpt-oss) begins. */
const finalChannel = /<\|channel\|>\s*final[^<]{0,40}<\|message\|>/g
const thoughtChannel = /<\|channel\|>\s*analysis/

const lastEnd = (text: string, pattern: RegExp): number => {
  let end = -1
  for (const match of text.matchAll(pattern)) end = match.index + match[0].length
  return end
}

/** Whether a text holds thoughts, closed or not. */
export const holdsThoughts = (text: string): boolean =>
  text.search(opening) >= 0 || text.search(closing) >= 0 || thoughtChannel.test(text)

/**
 * What a reply says after its thoughts: the text behind the last closing tag, whether or not the tag that opens them is
 * part of the reply (some chat templates write it into the prompt). Null where thoughts begin and never end. What stands
 * before the first thought is kept only where nothing follows the last one.
 */
export const withoutThinking = (text: string): string | null => {
  const final = lastEnd(text, finalChannel)
  if (final >= 0) return text.slice(final)
  if (thoughtChannel.test(text)) return null
  const closed = lastEnd(text, closing)
  const rest = closed < 0 ? text : text.slice(closed)
  const open = rest.search(opening)
  if (open < 0) {
    if (closed < 0 || rest.trim() !== '') return rest
    const first = text.search(opening)
    return first < 0 ? rest : text.slice(0, first)
  }
  const before = rest.slice(0, open)
  return before.trim() === '' ? null : before
}

/** Where the thoughts of a text are, before or behind what it says besides; null where it has none. */
export const thoughtSpan = (text: string): { readonly from: number; readonly to: number } | null => {
  const said = withoutThinking(text)
  if (said === null) return { from: 0, to: text.length }
  if (said.length === text.length) return null
  return text.endsWith(said)
    ? { from: 0, to: text.length - said.length }
    : { from: said.length, to: text.length }
}

/** The thoughts of a reply, their tags included; the empty string where it has none. */
export const thoughtsIn = (text: string): string => {
  const span = thoughtSpan(text)
  return span === null ? '' : text.slice(span.from, span.to)
}
