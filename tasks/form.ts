import type { ChatRequest, Guide } from '../models/index.ts'
import type { Style } from './dialect.ts'

/** The form of a reply that matches `pattern`, after thoughts where the style asks for them. */
export const replyForm = (pattern: string, { think }: Pick<Style, 'think'>): Guide => ({
  kind: 'regex',
  pattern: think ? String.raw`(<think>[^<]*</think>\s*)?${pattern}` : pattern,
})

const time = String.raw`\d{1,5}\.\d`

/** Every `windowsAnswer`. */
export const windowsPattern = `<answer>(none|${time} to ${time}(, ${time} to ${time})*)</answer>`

/** Every list of a `<glue>` block. */
export const gluePattern = String.raw`<glue>\[(\(${time}, ${time}\)(, \(${time}, ${time}\))*)?\]</glue>`

/** The letters of `count` options as a character class; every capital where the number is unknown. */
export const letterClass = (count: number | undefined): string =>
  count === undefined || count < 1 ? '[A-Z]' : `[A-${String.fromCharCode(64 + Math.min(count, 26))}]`

/** The reply format of a request, if the settings constrain replies. */
export const guidedBy = (
  { guided }: { readonly guided: boolean },
  guide: Guide,
): Pick<ChatRequest, 'guide'> => (guided ? { guide } : {})
