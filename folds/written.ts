import { Effect } from 'effect'
import type { InputError } from '../core/index.ts'
import { appendJournal, type JournalEntry } from './journal.ts'
import { appendUsage } from './usage.ts'

/** Writes the records of a fold to its journal and their cost to its usage file, and knows which are not yet written. */
export interface Written {
  /** There is a record, which will be written. */
  readonly judged: (record: JournalEntry) => void
  /** Writes records; interruption waits for it. */
  readonly append: (batch: ReadonlyArray<JournalEntry>) => Effect.Effect<void, InputError>
  /** Writes all that is left: their requests were answered and paid for. A failure is a warning. */
  readonly rest: Effect.Effect<void>
}

/** @param held fails where the fold belongs to another process now. */
export const makeWritten = (
  journal: string,
  usage: string,
  held: Effect.Effect<void, InputError>,
): Written => {
  const left = new Set<JournalEntry>()
  const append = Effect.fnUntraced(function* (batch: ReadonlyArray<JournalEntry>) {
    yield* appendJournal(journal, batch)
    for (const record of batch) left.delete(record)
    yield* appendUsage(usage, batch)
  }, Effect.uninterruptible)
  return {
    judged: (record) => void left.add(record),
    append,
    rest: Effect.gen(function* () {
      if (left.size === 0) return
      yield* held
      yield* append([...left])
    }).pipe(Effect.catch(({ message }) => Effect.logWarning(`${left.size} answers are lost: ${message}`))),
  }
}
