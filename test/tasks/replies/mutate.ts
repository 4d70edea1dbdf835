import type { Random } from '../../../core/index.ts'
import {
  type Reading,
  type RecordedReply,
  readers,
  readReply,
  readYesNo,
  replyOf,
  type YesNo,
} from '../../../tasks/index.ts'
import { tables } from './tables.ts'

const said = Object.values(tables).flatMap(({ rows }) => rows.map(([reply]) => replyOf(reply).text))
const odd = [
  '\u0000',
  '\ud800',
  '\uffff',
  '😀',
  '½',
  '٣',
  '\u2028',
  '\u202e',
  '\\',
  '$1',
  '9'.repeat(30),
  '1e9',
  'NaN',
  '-',
]

/** One of some texts, changed once or a few times: cut, doubled, spliced with another, with odd characters in it. */
export const mutateText = (draw: Random, texts: ReadonlyArray<string>): string => {
  let text = draw.pick(texts)
  for (let n = draw.int(1, 4); n > 0; n--) {
    const at = draw.int(0, text.length)
    const to = draw.int(at, text.length)
    const other = draw.pick(texts)
    switch (draw.int(0, 6)) {
      case 0:
        text = text.slice(0, at) + text.slice(to)
        break
      case 1:
        text = text.slice(0, to) + text.slice(at)
        break
      case 2:
        text = text.slice(0, at) + other + text.slice(to)
        break
      case 3:
        text = text.slice(0, at) + draw.pick(odd) + text.slice(at)
        break
      case 4:
        text = other.slice(0, draw.int(0, other.length)) + text.slice(at)
        break
      default:
        text = text.slice(0, at) + String.fromCharCode(draw.int(0, 0xffff)) + text.slice(at + 1)
    }
  }
  return text
}

/** A reply of the tables, changed, at times said to be cut off. */
export const mutate = (draw: Random): RecordedReply => {
  const text = mutateText(draw, said)
  return draw.int(0, 3) === 0 ? { text, finish: 'length' } : text
}

const whys = ['cut off', 'only thinking', 'no answer', 'unclear', 'reversed window', 'no such option']
const options = ['red', 'blue', 'green']

const checked = (reading: Reading | YesNo): boolean => {
  if (reading.kind === 'unreadable') return whys.includes(reading.why)
  if (reading.kind === 'none' || 'yes' in reading) return true
  const { windows, answer } = reading
  return (
    (windows !== null || answer !== null) &&
    (windows ?? []).every(([start, end]) => start >= 0 && end >= start && Number.isFinite(end)) &&
    (answer === null || /^(?:[A-C]|\d{1,16})$/.test(answer))
  )
}

/** Reads a reply as the answer to every question, by every reader; throws unless each reading is one of the three. */
export const everyReading = (reply: RecordedReply): void => {
  for (const task of ['grounding', 'choice', 'counting', 'grounded-qa'] as const) {
    const reading = readReply({ task, options }, reply)
    if (!checked(reading))
      throw new Error(`${task}: ${JSON.stringify(reply)} is read as ${JSON.stringify(reading)}`)
    for (const reader of readers) readReply({ task, options }, reply, reader)
  }
  const said = readYesNo(replyOf(reply))
  if (!checked(said))
    throw new Error(`yes or no: ${JSON.stringify(reply)} is read as ${JSON.stringify(said)}`)
}
