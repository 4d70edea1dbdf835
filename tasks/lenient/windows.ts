import { type Window, Windows } from '../../core/index.ts'
import { type Reading, type Reply, unreadable } from '../reply.ts'
import { isObject, lastJson, type Parsed, underAny, underLike } from './json.ts'
import { deniesIn, saysNone } from './none.ts'
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

const onlyMoment = new RegExp(`^${momentPattern}$`, 'iu')
const onlyPair = new RegExp(`^(${momentPattern})\\s{0,3}[,;]\\s{0,3}(${momentPattern})$`, 'iu')

/** Keys of an object, without case and punctuation: `start`, `start_time`, `t_start`, `beginSeconds`; likewise the end. */
const startKey = /^(?:(?:t|time)?(?:start|begin|onset).*|from|s|t0)$/
const endKey = /^(?:(?:t|time)?(?:end|stop|finish|offset).*|to|until|e|t1)$/
const presence = ['present', 'exists', 'found', 'occurs', 'happens', 'visible']
const listNames = [
  'windows',
  'window',
  'timeranges',
  'timerange',
  'ranges',
  'range',
  'segments',
  'segment',
  'timestamps',
  'timestamp',
  'intervals',
  'interval',
  'moments',
  'spans',
  'span',
  'events',
  'occurrences',
  'times',
  'time',
  'relevantwindows',
  'answer',
  'finalanswer',
  'result',
  'results',
  'output',
  'prediction',
  'glue',
]

const momentOf = (value: Parsed): number | null => {
  if (typeof value === 'number') return value
  return typeof value === 'string' && onlyMoment.test(value.trim()) ? toSeconds(value) : null
}

const pairOf = (start: Parsed, end: Parsed): Window | null => {
  const from = momentOf(start)
  const to = momentOf(end)
  return from === null || to === null ? null : [from, to]
}

/** The windows of several values; null where one of them is none. */
const ofAll = (items: ReadonlyArray<Parsed>): ReadonlyArray<Window> | null => {
  const parts = items.map((item) => (item === null ? null : ofJson(item)))
  return parts.every((part) => part !== null) ? parts.flat() : null
}

/** The windows of a JSON value, or null where it is no list of windows. */
const ofJson = (value: Parsed): ReadonlyArray<Window> | null => {
  if (value === null) return []
  if (typeof value === 'string') {
    if (saysNone(value)) return []
    const { windows } = rangesOf(value)
    return windows.length === 0 ? null : windows
  }
  if (Array.isArray(value)) {
    const items = value as ReadonlyArray<Parsed>
    const pair = items.length === 2 ? pairOf(items[0], items[1]) : null
    if (pair !== null) return [pair]
    return ofAll(items)
  }
  if (!isObject(value)) return null
  const start = underLike(value, startKey)
  const end = underLike(value, endKey)
  if (start !== undefined && end !== undefined) {
    if (start === null && end === null) return []
    const pair = pairOf(start, end)
    return pair === null ? null : [pair]
  }
  const list = underAny(value, listNames)
  if (list !== undefined) return ofJson(list)
  if (underAny(value, presence) === false) return []
  return ofAll(Object.values(value))
}

/** Sentences and lines; a full stop between digits ends none. */
const sentences = (text: string): ReadonlyArray<string> =>
  text.split(/\n+|(?<=[.!?])\s+(?=\p{Lu})/u).filter((sentence) => sentence.trim() !== '')

/** Whether nothing but ranges, list marks and joining words is left of a text. */
const isBareList = (text: string): boolean =>
  /^(?:[\s,;.()[\]\uffff-]|\band\b|\d{1,2}[.)](?=\s))*$/i.test(rangesOf(text).rest)

const answers = (part: string): boolean => rangesOf(part).windows.length > 0 || sentences(part).some(deniesIn)

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
  const all = sentences(part)
  const stating = all.filter((sentence) => !deniesIn(sentence))
  const { windows, rest } = rangesOf(stating.join('\n'))
  if (windows.length === 0) return stating.length < all.length ? none : unreadable('no answer')
  return dangling.test(rest) || hasLoneMoment(rest) ? unreadable('unclear') : toReading(windows)
}

/** The windows of a region. */
export const windowsIn = (region: Region): Reading => {
  const json = lastJson(region.text)
  if (json !== null && (json.whole || region.marked || /[{[]\s*["{[]/.test(region.text))) {
    const windows = ofJson(json.value)
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
