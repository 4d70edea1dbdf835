import type { Reading, RecordedReply, YesNo } from '../../../tasks/index.ts'

/** A reply that was cut off at its limit of tokens. */
export const cut = (text: string, reasoning?: string): RecordedReply => ({
  text,
  finish: 'length',
  ...(reasoning === undefined ? {} : { reasoning }),
})

/** A reply whose thoughts the server carried apart. */
export const thought = (reasoning: string, text: string): RecordedReply => ({
  text,
  finish: 'stop',
  reasoning,
})

/** A reading in a few characters: `12-15.3, 20-22`, `B 1-2`, `B ?`, `none`, or why it cannot be read. */
export const brief = (reading: Reading | YesNo): string => {
  if (reading.kind === 'unreadable') return reading.why
  if (reading.kind === 'none') return 'none'
  if ('yes' in reading) return reading.yes ? 'yes' : 'no'
  const windows = reading.windows?.map(([start, end]) => `${start}-${end}`).join(', ')
  return [reading.answer, windows].filter((part) => part != null).join(' ')
}
