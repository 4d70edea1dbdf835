import { Effect } from 'effect'
import { z } from 'zod'
import type { InputError } from '../core/index.ts'
import { appendRows, forEachRow } from '../files/index.ts'

/** The cost of the model's answers about a sample, by field of `Usage`; null where a field is unknown. */
export const usageSchema = z.record(z.string(), z.number().nullable())

/** The record of a sample before scoring. */
const recordSchema = z.object({
  key: z.string(),
  /** `looked`: the evidence is recorded and can be judged. */
  state: z.enum(['looked', 'unfit', 'failed', 'absent']),
  reason: z.string().nullable(),
  evidence: z.unknown(),
  /** Only if the backend reports usage. */
  usage: usageSchema.optional(),
})
export type JournalEntry = z.output<typeof recordSchema>

/** The records of a journal whose key is wanted, by key, the latest of each. */
export const readJournal = (
  path: string,
  wanted: (key: string) => boolean = () => true,
): Effect.Effect<ReadonlyMap<string, JournalEntry>, InputError> =>
  Effect.suspend(() => {
    const records = new Map<string, JournalEntry>()
    const keep = (record: JournalEntry) => {
      if (wanted(record.key)) records.set(record.key, record)
    }
    const remedy = 'restore the line or remove it: its sample is then asked again'
    return Effect.as(forEachRow(path, recordSchema, keep, remedy), records)
  })

/** Adds records, all or none; interruption waits for it. */
export const appendJournal = (
  path: string,
  records: ReadonlyArray<JournalEntry>,
): Effect.Effect<void, InputError> => appendRows(path, records)
