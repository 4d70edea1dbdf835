import type { Window } from '../../core/index.ts'
import { isObject, type Parsed, underAny, underLike } from './json.ts'
import { saysNone } from './none.ts'
import { rangesOf } from './ranges.ts'
import { momentPattern, toSeconds } from './time.ts'

const onlyMoment = new RegExp(`^${momentPattern}$`, 'iu')

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
  const parts = items.map((item) => (item === null ? null : windowsOfJson(item)))
  return parts.every((part) => part !== null) ? parts.flat() : null
}

/** The windows of a JSON value, or null where it is no list of windows. */
export const windowsOfJson = (value: Parsed): ReadonlyArray<Window> | null => {
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
  if (list !== undefined) return windowsOfJson(list)
  if (underAny(value, presence) === false) return []
  return ofAll(Object.values(value))
}
