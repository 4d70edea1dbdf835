import type { Window } from '../../core/index.ts'
import { type Reading, type RecordedReply, replyOf, spansOf, type YesNo } from '../../tasks/index.ts'
import type { Reply } from '../api/index.ts'

/** `1.5 to 6.0 s, 8.5 to 12.0 s`. */
export const windowsText = (windows: ReadonlyArray<Window>): string =>
  windows.map(([start, end]) => `${start.toFixed(1)} to ${end.toFixed(1)} s`).join(', ')

const readText = (reading: Reading | YesNo): string | null => {
  if (reading.kind === 'unreadable') return null
  if (reading.kind === 'none') return 'none'
  if ('yes' in reading) return reading.yes ? 'yes' : 'no'
  const parts = [
    ...(reading.answer === null ? [] : [reading.answer]),
    ...(reading.windows === null ? [] : [windowsText(reading.windows)]),
  ]
  return parts.join('; ')
}

/** A recorded reply with what was read from it. */
export const showReply = (recorded: RecordedReply, reading: Reading | YesNo): Reply => {
  const { text, finish, reasoning } = replyOf(recorded)
  return {
    text,
    reasoning: reasoning ?? null,
    spans: spansOf(recorded, reading),
    outcome: reading.kind,
    read: readText(reading) ?? (reading.kind === 'unreadable' ? reading.why : null),
    finish,
  }
}
