import { type Window, Windows } from '../../core/index.ts'
import { type Reading, type Reply, unreadable } from '../reply.ts'
import { lastJson } from './json.ts'
import { windowsOfJson } from './json-windows.ts'
import { denies, deniesAt, saysNone } from './none.ts'
import { gap, rangesOf } from './ranges.ts'
import { type Region, regionOf } from './region.ts'
import { momentPattern, toSeconds } from './time.ts'

const none: Reading = { kind: 'none' }

/** The reading of windows that were found. */
const toReading = (windows: ReadonlyArray<Window>): Reading =>
  windows.length === 0
    ? none
    : windows.every(Windows.isWindow)
      ? { kind: 'answer', windows, answer: null }
      : unreadable('reversed window')

const onlyPair = new RegExp(`^(${momentPattern})\\s{0,3}[,;]\\s{0,3}(${momentPattern})$`, 'iu')

/** Sentences and lines; a full stop between digits ends none. */
const sentences = (text: string): ReadonlyArray<string> =>
  text.split(/\n+|(?<=[.!?])\s+(?=\p{Lu})/u).filter((sentence) => sentence.trim() !== '')

/** Whether nothing but ranges, list marks and joining words is left of a text. */
const isBareList = (text: string): boolean =>
  /^(?:[\s,;.()[\]\uffff-]|\band\b|\d{1,2}[.)](?=\s))*$/i.test(rangesOf(text).rest)

/**
 * What a sentence does: it names windows, denies that there are any, does both in a way that cannot be told, or
 * nothing.
 */
const roleOf = (sentence: string): 'names' | 'denies' | 'mixed' | null => {
  const { windows, rest } = rangesOf(sentence)
  if (windows.length === 0) return denies(sentence) ? 'denies' : null
  if (!deniesAt(sentence, rest.indexOf(gap))) return 'names'
  return windows.length === 1 ? 'denies' : 'mixed'
}

const answers = (part: string): boolean => sentences(part).some((sentence) => roleOf(sentence) !== null)

/**
 * The paragraph that holds the answer: behind a phrase such as `Answer:` the first that names a range or denies one, of
 * a reply without marks the last that is a list of ranges, else the last that names or denies one; the whole text where
 * none does.
 */
const answeringParagraph = (text: string, marked: boolean): string => {
  const parts = text.split(/\n\s*\n/)
  const found = marked
    ? parts.find(answers)
    : (parts.findLast((part) => rangesOf(part).windows.length > 0 && isBareList(part)) ??
      parts.findLast(answers))
  return found ?? text
}

/** A range that goes on (`1 to 2 to 3`) or starts below zero. */
const dangling = new RegExp(
  `${gap}\\s{0,3}(?:-|to|until)\\s{0,3}\\d|(?:^|[\\s([,;])-\\d[\\d.]{0,20}\\s{0,3}(?:-|to)\\s`,
)

/** Pairs with nothing between their numbers but a comma: `12.0, 15.3; 40.5, 44.0`. Null where the text is anything else. */
const onlyPairs = (text: string): ReadonlyArray<Window> | null => {
  const pairs = text
    .trim()
    .split(/\s*[;\n]\s*/)
    .map((part) => onlyPair.exec(part))
  return pairs.every((pair) => pair !== null)
    ? pairs.map(([, start, end]): Window => [toSeconds(start!), toSeconds(end!)])
    : null
}

const aloneMoment = new RegExp(`^(?:at |and |from )*${momentPattern}\\.?$`, 'iu')

/** Whether an item of a list is a moment alone: the half of a range that was not understood. */
const hasLoneMoment = (rest: string): boolean =>
  rest
    .replaceAll(new RegExp(`(^|\\n)[ \\t]{0,9}\\(?\\d{1,2}[.)]\\s{0,9}(?=${gap})`, 'g'), '$1')
    .split(new RegExp(`[,;\\n${gap}]|\\band\\b`))
    .some((item) => aloneMoment.test(item.trim()))

const ofText = ({ text, marked, closed }: Region): Reading => {
  if (saysNone(text)) return none
  const pairs = onlyPairs(text)
  if (pairs !== null) return toReading(pairs)
  const part = closed || isBareList(text) ? text : answeringParagraph(text, marked)
  const said = sentences(part).map((sentence) => ({ sentence, role: roleOf(sentence) }))
  if (said.some(({ role }) => role === 'mixed')) return unreadable('unclear')
  const stating = said.filter(({ role }) => role !== 'denies').map(({ sentence }) => sentence)
  const { windows, rest } = rangesOf(stating.join('\n'))
  if (windows.length === 0) return stating.length < said.length ? none : unreadable('no answer')
  return dangling.test(rest) || hasLoneMoment(rest) ? unreadable('unclear') : toReading(windows)
}

/** The windows of a region. */
export const windowsIn = (region: Region): Reading => {
  const json = lastJson(region.text)
  if (json !== null && (json.whole || region.marked || /[{[]\s*["{[]/.test(region.text))) {
    const windows = windowsOfJson(json.value)
    if (windows !== null) return toReading(windows)
  }
  return ofText(region)
}

/** What a reply says about when the query holds. Never throws. */
export const readWindows = (reply: Reply): Reading => {
  const region = regionOf(reply)
  if (region.kind === 'unreadable') return region
  if (reply.finish === 'length' && !region.closed && lastJson(region.text)?.whole !== true)
    return unreadable('cut off')
  return windowsIn(region)
}
