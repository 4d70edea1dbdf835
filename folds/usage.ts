import { Effect } from 'effect'
import { z } from 'zod'
import type { InputError } from '../core/index.ts'
import { appendRows, readRows } from '../files/index.ts'
import type { JournalEntry } from './journal.ts'

/**
 * The cost of a fold's answers, as `usage.jsonl` in its folder: one line for each sample each time it was asked, with
 * the seconds it took. Parts hold only what is equal in two runs of the same model, and answers lost by a kill
 * were paid for too.
 */
export const usageName = 'usage.jsonl'

const row = z.object({ key: z.string() }).catchall(z.number().nullable())

/** Adds the cost of these records; none if the backend does not report usage. */
export const appendUsage = (
  path: string,
  records: ReadonlyArray<JournalEntry>,
): Effect.Effect<void, InputError> => {
  const rows = records.flatMap(({ key, usage }) => (usage === undefined ? [] : [{ key, ...usage }]))
  return rows.length === 0 ? Effect.void : appendRows(path, rows)
}

/** The sums of a usage file, by field; null where nothing was counted. A sum with an unknown term (null) is unknown. */
export const totalUsage = (
  path: string,
): Effect.Effect<NonNullable<JournalEntry['usage']> | null, InputError> =>
  Effect.map(readRows(path, row), (rows) => {
    let total: { [field: string]: number | null } | null = null
    for (const { key: _, ...usage } of rows) {
      total ??= {}
      for (const [field, value] of Object.entries(usage)) {
        const before: number | null | undefined = total[field]
        total[field] = before === null || value === null ? null : (before ?? 0) + value
      }
    }
    return total
  })

/** The cost of each sample's latest answers, by key; none where nothing was counted. */
export const usageByKey = (
  path: string,
): Effect.Effect<ReadonlyMap<string, NonNullable<JournalEntry['usage']>>, InputError> =>
  Effect.map(readRows(path, row), (rows) => new Map(rows.map(({ key, ...usage }) => [key, usage])))
