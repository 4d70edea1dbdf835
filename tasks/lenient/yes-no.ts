import { type Reply, type Unreadable, unreadable } from '../reply.ts'
import { lastJson, type Parsed, scalarIn } from './json.ts'
import { regionOf } from './region.ts'

/** What a reply to a yes-or-no question says. */
export type YesNo = { readonly kind: 'answer'; readonly yes: boolean } | Unreadable

const affirming = 'yes|yeah|yep|yup|true|correct|affirmative|是|对|有|可以看到|能看到|sí|oui|ja|はい|да|예|네'
const denying = 'no|nope|nah|false|incorrect|negative|not|否|不|没|未|非|错|看不到|non|nein|いいえ|нет|아니'
const word = (words: string) => `(?:${words})`
const end = String.raw`(?=[^\p{Script=Latin}\p{Script=Cyrillic}\p{N}])`

/** Words that begin like a denial and give no answer: `No idea`, `Not sure`, `不确定`. */
const evasive =
  /^(?:no (?:idea|clue|way (?:to|of) (?:tell|know)|information|answer)|not (?:sure|certain|clear|enough|possible|able)|不(?:确定|清楚|知道)|无法|yes and no)/iu
/** The question's own choice, repeated before the answer: `Yes or No: No`. */
const echo = /^yes\s*(?:or|\/)\s*no[\s:?-]*/i
const begins = new RegExp(`^(?:${word(affirming)}|(${word(denying)}))${end}`, 'iu')
const concludes =
  /(?:\banswer\b[^.\n]{0,20}?|\b(?:so|therefore|thus|hence|think|believe|say)\b,?|[,:;]|^)["'\s:]*(?:(yes|是)|(no|否))["'\s.!]*$/iu

const names = [
  'answer',
  'finalanswer',
  'result',
  'verdict',
  'response',
  'prediction',
  'match',
  'matches',
  'present',
  'shown',
  'shows',
  'visible',
  'contains',
  'output',
]

const answer = (yes: boolean): YesNo => ({ kind: 'answer', yes })

const ofText = (text: string, whole: boolean): YesNo => {
  const said = `${text.replace(/^[\s"'([{<.:!*-]+/, '').replace(echo, '')}${whole ? '\n' : ''}`
  const last = whole
    ? concludes.exec(
        said
          .trim()
          .split(/\n+|(?<=[.!?])\s+/)
          .at(-1) ?? '',
      )
    : null
  if (last !== null) return answer(last[1] !== undefined)
  const first = evasive.test(said) ? null : begins.exec(said)
  return first === null ? unreadable(whole ? 'no answer' : 'cut off') : answer(first[1] === undefined)
}

const ofJson = (value: Parsed): YesNo | null => {
  const said = scalarIn(value, names)
  if (typeof said === 'boolean') return answer(said)
  return typeof said === 'string' ? ofText(said, true) : null
}

/**
 * Whether a reply says yes or no: by a word alone, a sentence that begins with one, a last sentence that concludes with
 * one, JSON, also in other languages. Never throws.
 */
export const readYesNo = (reply: Reply): YesNo => {
  const region = regionOf(reply)
  if (region.kind === 'unreadable') return region
  const json = lastJson(region.text)
  const whole = reply.finish === 'stop' || region.closed
  const said = json === null || !(whole || json.whole) ? null : ofJson(json.value)
  return said ?? ofText(region.text, whole)
}
