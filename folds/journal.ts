import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import type { Effect } from 'effect'
import { z } from 'zod'
import type { InputError } from '../core/index.ts'
import { appendRows, attempt, codeOf } from '../files/index.ts'

/** The cost of the model's answers about a sample, by field of `Usage`; null where a field is unknown. */
export const usageSchema = z.record(z.string(), z.number().nullable())

/** The record of a sample before scoring. */
export const recordSchema = z.object({
  key: z.string(),
  /** `looked`: the evidence is recorded and can be judged. */
  state: z.enum(['looked', 'unfit', 'failed', 'absent']),
  reason: z.string().nullable(),
  evidence: z.unknown(),
  /** Only if the backend reports usage. */
  usage: usageSchema.optional(),
})
export type JournalEntry = z.output<typeof recordSchema>

const parseLine = (line: string): JournalEntry | null => {
  try {
    const parsed = recordSchema.safeParse(JSON.parse(line))
    return parsed.success ? parsed.data : null
  } catch {
    return null
  }
}

/**
 * Complete lines of a file, in chunks: the journal of a long fold may exceed the maximum string length. None if there is
 * no such file.
 */
export async function* linesOf(path: string): AsyncGenerator<string> {
  let rest: Buffer = Buffer.alloc(0)
  try {
    for await (const portion of createReadStream(path, { highWaterMark: 1 << 20 })) {
      const bytes: Buffer = rest.length === 0 ? portion : Buffer.concat([rest, portion])
      let from = 0
      for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, from)) {
        yield bytes.toString('utf8', from, end)
        from = end + 1
      }
      rest = bytes.subarray(from)
    }
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error
  }
}

/**
 * The records of a journal whose key is wanted, by key. An incomplete last line is
 * ignored; a missing file has no records.
 */
export const readJournal = (
  path: string,
  wanted: (key: string) => boolean = () => true,
): Effect.Effect<ReadonlyMap<string, JournalEntry>, InputError> =>
  attempt(path, 'read', async () => {
    const records = new Map<string, JournalEntry>()
    for await (const line of linesOf(path)) {
      const record = parseLine(line)
      if (record !== null && wanted(record.key)) records.set(record.key, record)
    }
    return records
  })

/** Removes the incomplete last line of a killed process, so that the next record starts on a new line. */
export const mendJournal = (path: string): Effect.Effect<void, InputError> =>
  attempt(path, 'written', async () => {
    const file = await open(path, 'r+').catch((error: unknown) => {
      if (codeOf(error) === 'ENOENT') return null
      throw error
    })
    if (file === null) return
    try {
      const { size } = await file.stat()
      const portion = Buffer.alloc(64 << 10)
      let end = size
      while (end > 0) {
        const from = Math.max(0, end - portion.length)
        const { bytesRead } = await file.read(portion, 0, end - from, from)
        const last = portion.subarray(0, bytesRead).lastIndexOf(10)
        end = last >= 0 ? from + last + 1 : from
        if (last >= 0) break
      }
      if (end < size) await file.truncate(end)
    } finally {
      await file.close()
    }
  })

/** Adds records, one line each, all in a single write; interruption waits for it. */
export const appendJournal = (
  path: string,
  records: ReadonlyArray<JournalEntry>,
): Effect.Effect<void, InputError> => appendRows(path, records)
