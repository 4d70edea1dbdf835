import type { Window } from '../../core/index.ts'
import { firstBlock } from './blocks.ts'

const pair = String.raw`\(\d+(?:\.\d+)?,[ \t\r\n\f]*\d+(?:\.\d+)?\)`
const list = new RegExp(String.raw`^\[(?:${pair}(?:,[ \t\r\n\f]*${pair})*,?)?\]\n?$`)
const pairs = /\((\d+(?:\.\d+)?),\s*(\d+(?:\.\d+)?)\)/g

/** Python refuses integers with leading zeros (`01`), but not `00` nor `01.5`. */
const isPythonNumber = (digits: string): boolean => digits.includes('.') || /^(?:0+|[1-9]\d*)$/.test(digits)

/**
 * VideoChat-R1's check of a grounding list: `[(5.2, 10.4), (12, 14.0)]`, every pair in order and every number a Python
 * literal; one newline may follow the bracket.
 *
 * @returns the windows, or null where the list fails the check.
 */
export const parseGlueList = (text: string): Array<Window> | null => {
  if (!list.test(text)) return null
  const windows: Array<Window> = []
  for (const [, start = '', end = ''] of text.matchAll(pairs)) {
    if (!isPythonNumber(start) || !isPythonNumber(end)) return null
    const window: Window = [Number(start), Number(end)]
    if (!(window[0] <= window[1]) || !Number.isFinite(window[1])) return null
    windows.push(window)
  }
  return windows
}

/** The windows of the first `<glue>` block, or null where there is none or it fails the check. */
export const parseGlue = (text: string): Array<Window> | null => {
  const glue = firstBlock(text, 'glue')
  return glue === null ? null : parseGlueList(glue)
}
