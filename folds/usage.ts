import { Effect } from 'effect'
import type { InputError } from '../core/index.ts'
import { appendRows, attempt } from '../files/index.ts'
import { type JournalEntry, linesOf, usageSchema } from './journal.ts'

/**
 * What a fold's answers cost, as `usage.jsonl` beside its parts: one line for each sample each time it was asked, with
 * the seconds it took. Parts hold only what two runs of the same model agree on, and the cost of an answer that a kill
 * lost was paid all the same.
 */
export const usageName = 'usage.jsonl'

/** Adds what these records cost; nothing where the backend does not count. */
export const appendUsage = (
  path: string,
  records: ReadonlyArray<JournalEntry>,
): Effect.Effect<void, InputError> => {
  const rows = records.flatMap(({ key, usage }) => (usage === undefined ? [] : [{ key, ...usage }]))
  return rows.length === 0 ? Effect.void : appendRows(path, rows)
}

/** The sums of a usage file, by field; null where nothing was counted. A sum with an unknown part (null) is unknown. */
export const totalUsage = (
  path: string,
): Effect.Effect<NonNullable<JournalEntry['usage']> | null, InputError> =>
  attempt(path, 'read', async () => {
    let total: { [field: string]: number | null } | null = null
    for await (const line of linesOf(path)) {
      const { key: _, ...usage } = JSON.parse(line)
      total ??= {}
      for (const [field, value] of Object.entries(usageSchema.parse(usage))) {
        const before: number | null | undefined = total[field]
        total[field] = before === null || value === null ? null : (before ?? 0) + value
      }
    }
    return total
  })
