import { type Reading, type Reply, unreadable } from '../reply.ts'
import { lastJson, type Parsed, scalarIn } from './json.ts'
import { denies, saysNone } from './none.ts'
import { bare } from './normal.ts'
import { type Region, regionOf } from './region.ts'
import { spelledNumber, spelledNumbers } from './spelled.ts'

const names = [
  'count',
  'answer',
  'finalanswer',
  'number',
  'total',
  'totalcount',
  'repetitions',
  'reps',
  'times',
  'result',
  'prediction',
]

const found = (count: number): Reading => ({ kind: 'answer', windows: null, answer: String(count) })

/** A whole number as it may be written, `1,000` and `3.0` included; null for any other text. */
const wholeNumber = (text: string): number | null => {
  if (/^\d{1,3}(?:,\d{3}){1,3}$/.test(text)) return Number(text.replaceAll(',', ''))
  return /^\d{1,15}(?:\.0{1,9})?$/.test(text) ? Number(text) : null
}

/** Numbers that are no times: without a unit of time, no clock times. */
const number =
  /(?<![\p{L}\d.,:/-]|\d[ \t]?-[ \t]?)\d{1,15}(?:,\d{3})*(?:\.\d{1,9})?(?![\d:/%]|e[+-]?\d)(?!\p{L}*[ \t-]{0,2}(?:seconds?|secs?|minutes?|mins?|hours?|frames?|fps|ms|s|m|秒|分)(?![\p{L}]))/giu
const counted =
  /(?<![\p{L}\d.,:/-])(\d{1,15})(?:[ \t]*(?:times?|reps?|repetitions?|occurrences?|instances?|cycles?)\b|[ \t]*(?:次|个|下|回))/giu
const total =
  /(?:=|\btotal(?: of| is| count)*:?|\b(?:count|number) (?:is|of [^.\d]{0,60} is)|总共|一共|共)[ \t]*(\d{1,15})(?![\d.,:]\d)/giu
const alternatives = /\d[ \t]*(?:-|\bto\b|\bor\b|或|到|至)[ \t]*\d/i

const distinct = (values: ReadonlyArray<number>): number | null => {
  const set = new Set(values)
  const [first] = set
  return set.size === 1 && first !== undefined ? first : null
}

/** A stretch of time, which is no pair of counts: `0-2s`, `00:01 - 00:03`. */
const stretch =
  /\d[\d.:]{0,12}[ \t]*(?:s|sec(?:onds)?)?[ \t]*(?:-|to)[ \t]*(?:\d[\d.]{0,12}[ \t]*(?:s|secs?|seconds?)\b|\d{1,3}:\d{2}[\d.:]{0,8})/gi

const numbersOf = (text: string, pattern: RegExp): ReadonlyArray<number | null> =>
  [...text.matchAll(pattern)].map((match) => wholeNumber(match[1] ?? match[0]))

const ofText = (given: string): Reading => {
  const text = given.replace(stretch, ' ')
  const said = bare(text)
  // Elsewhere `NaN` is a way to say none, but it is not 0.
  if (said === 'nan') return unreadable('unclear')
  const exact = wholeNumber(said) ?? spelledNumber(said)
  if (exact !== null && !/^\s*-\s?\d/.test(text)) return found(exact)
  const totals = numbersOf(text, total)
  const last = totals.at(-1)
  if (last != null) return found(last)
  const digits = numbersOf(text, number)
  if (digits.includes(null) || /^\W*-\s?\d/.test(text) || alternatives.test(text))
    return unreadable('unclear')
  const values = digits.filter((value) => value !== null)
  const one = distinct(numbersOf(text, counted).filter((value) => value !== null)) ?? distinct(values)
  if (one !== null) return found(one)
  if (values.length > 0) return unreadable('unclear')
  const spelled = spelledNumbers(text)
  const named = distinct(spelled)
  if (named !== null) return found(named)
  if (spelled.length > 0) return unreadable('unclear')
  return saysNone(text) || denies(text) || /\bthere (?:is|are|was|were) no\b/i.test(text)
    ? found(0)
    : unreadable('no answer')
}

const ofJson = (value: Parsed): Reading | null => {
  const said = scalarIn(value, names)
  if (typeof said === 'string') return ofText(said)
  if (typeof said !== 'number') return null
  return Number.isSafeInteger(said) && said >= 0 ? found(said) : unreadable('unclear')
}

/** The last sentence with a number, where a text without marks has several: what is said last is the answer. */
const conclusion = ({ text, marked }: Region): string =>
  marked
    ? text
    : (text
        .trim()
        .split(/\n+|(?<=[.!?])\s+(?=\p{Lu})/u)
        .findLast((sentence) => ofText(sentence).kind === 'answer') ?? text)

/** How often, or how many, as a reply says it. Never throws. */
export const readCount = (reply: Reply): Reading => {
  const region = regionOf(reply)
  if (region.kind === 'unreadable') return region
  const json = lastJson(region.text)
  if (reply.finish === 'length' && !region.closed && json?.whole !== true) return unreadable('cut off')
  return (json === null ? null : ofJson(json.value)) ?? ofText(conclusion(region))
}
