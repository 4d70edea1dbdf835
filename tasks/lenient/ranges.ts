import type { Window } from '../../core/index.ts'
import { momentPattern, toSeconds } from './time.ts'

const moment = (name: string) => `(?<${name}>${momentPattern})`
const filler = String.raw`(?:about|around|approximately|roughly|the|second|time|timestamp|mark|at|ca\.)`
const ordinal = '第?'
const to = String.raw`(?:-{1,3}>?|→|\.{2,3}|…|to|until|till|til|through|thru|bis|到|至)`

/** `12.0 - 15.3`, `from 12.0s to 15.3s`, `00:12 until 00:15`, also with words such as `the 12.0 second mark to the ...`. */
const joined = String.raw`${moment('a1')}[ \t]{0,3}(?:${filler}[ \t]{1,3}){0,3}${to}[ \t]{0,3}(?:${filler}[ \t]{1,3}){0,3}${ordinal}${moment('a2')}`
/** `between 12.0 and 15.3 seconds`. */
const between = String.raw`\bbetween[ \t]{1,3}(?:${filler}[ \t]{1,3}){0,3}${moment('b1')}[ \t]{0,3}(?:${filler}[ \t]{1,3}){0,3}and[ \t]{1,3}(?:${filler}[ \t]{1,3}){0,3}${moment('b2')}`
/** `[12.0, 15.3]`, `(12.0; 15.3)`, `["00:12", "00:15"]`. */
const bracketed = String.raw`[[(][ \t]{0,3}"?${moment('c1')}"?[ \t]{0,3}[,;][ \t]{0,3}"?${moment('c2')}"?[ \t]{0,3}[\])]`
/** A row of a table: `| 12.0 | 15.3 |`. */
const cells = String.raw`\|[ \t]{0,9}${moment('e1')}[ \t]{0,9}\|[ \t]{0,9}${moment('e2')}[ \t]{0,9}(?=\|)`
/** `starts at 12.0 s and ends at 15.3 s`, `Start: 12.0, End: 15.3`. */
const named = String.raw`\b(?:start|begin|from|onset)[^\d]{0,30}?${moment('d1')}[^\d]{0,40}?\b(?:end|stop|finish|until|offset|to)[^\d]{0,30}?${moment('d2')}`

const freely = String.raw`(?<![\p{Script=Latin}\d.:])(?<!(?:^|[\s([,;:"])-)`
const range = new RegExp(`${named}|${between}|${bracketed}|${cells}|${freely}${joined}`, 'giu')

/** Stands for a range in the rest of a text. */
export const gap = '\uffff'

export interface Ranges {
  readonly windows: ReadonlyArray<Window>
  /** The text with a `gap` for each range. */
  readonly rest: string
}

/** Two numbers with a decimal comma and nothing else that could be a list: `12,5 - 15,3`. */
const decimalCommas = (text: string): string =>
  /[[({;]/.test(text) || !/^[^\d]*\d{1,6},\d{1,2}[^\d,]+\d{1,6},\d{1,2}[^\d]*$/.test(text)
    ? text
    : text.replace(/(\d),(\d)/g, '$1.$2')

/** Every range that a text names, in its order, in seconds. */
export const rangesOf = (given: string): Ranges => {
  const text = decimalCommas(given)
  const windows: Array<Window> = []
  let rest = ''
  let from = 0
  for (const match of text.matchAll(range)) {
    const { a1, a2, b1, b2, c1, c2, d1, d2, e1, e2 } = match.groups ?? {}
    const start = a1 ?? b1 ?? c1 ?? d1 ?? e1 ?? ''
    const end = a2 ?? b2 ?? c2 ?? d2 ?? e2 ?? ''
    windows.push(windowOf(start, end))
    rest += text.slice(from, match.index) + gap
    from = match.index + match[0].length
  }
  return { windows, rest: rest + text.slice(from) }
}

/** `1 - 2 min`: the unit behind the second number is that of the first too. */
const windowOf = (start: string, end: string): Window => {
  const unit = /^\d+(?:\.\d+)?$/.test(start.trim())
    ? /^\d+(?:\.\d+)?([ \t-]*(?:minutes?|mins?|min\.|m|ms|msecs?|milliseconds?))$/i.exec(end.trim())?.[1]
    : undefined
  return [toSeconds(unit === undefined ? start : start + unit), toSeconds(end)]
}
