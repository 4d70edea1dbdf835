import { open } from 'node:fs/promises'
import { Effect } from 'effect'
import type { z } from 'zod'
import { InputError } from '../core/index.ts'
import { fileError, unlessAbsent } from './errors.ts'
import { rowOf } from './row.ts'
import { maxLine, utf8 } from './stream.ts'

const lineEnd = 10

/** Bytes before a place by which it is known again: more than a row of metrics, which has times of its own. */
const tailLength = 4096

/** Rows that a look at a record found. */
export interface Added<A> {
  /** How many rows come before these: those of earlier looks, or none where the record was cut and is read anew. */
  readonly before: number
  readonly rows: ReadonlyArray<A>
}

/**
 * Follows a record (see `rows.ts`) that another process writes. Each look gives the rows since the last one, and reads them
 * and the few bytes before them: where those are no longer what they were, the record was cut or replaced, and is read from
 * its start. No file is no rows. A line that is no such row is an InputError, at every look until it is restored.
 */
export const followRows = <A>(
  path: string,
  schema: z.ZodType<A>,
  remedy = 'restore the line or remove it',
): Effect.Effect<Added<A>, InputError> => {
  const start = { at: 0, lines: 0, rows: 0, tail: Buffer.alloc(0) }
  let seen = start

  const damaged = (line: number, problem: string) =>
    new InputError({ subject: `${path}:${line}`, problem, remedy })

  /** Adds the rows of some ended lines, of which so many lines come before; gives the number of all. */
  const take = (ended: Buffer, before: number, rows: Array<A>): number => {
    let line = before
    for (let from = 0; from < ended.length; ) {
      const end = ended.indexOf(lineEnd, from)
      const text = utf8(ended.subarray(from, end))
      from = end + 1
      line++
      if (text?.trim() === '') continue
      const found = text === null ? { problem: 'is not UTF-8 text' } : rowOf(text, schema)
      if ('problem' in found) throw damaged(line, found.problem)
      rows.push(found.row)
    }
    return line
  }

  const look = async (): Promise<Added<A>> => {
    const file = await unlessAbsent(open(path), null)
    if (file === null) {
      seen = start
      return { before: 0, rows: [] }
    }
    try {
      const read = async (from: number, length: number) => {
        const bytes = Buffer.alloc(length)
        return bytes.subarray(0, (await file.read(bytes, 0, length, from)).bytesRead)
      }
      const same = (await read(seen.at - seen.tail.length, seen.tail.length)).equals(seen.tail)
      let now = same ? seen : start
      const before = now.rows
      const rows: Array<A> = []
      const { size } = await file.stat()
      while (now.at < size) {
        const portion = await read(now.at, Math.min(maxLine, size - now.at))
        const ended = portion.subarray(0, portion.lastIndexOf(lineEnd) + 1)
        if (ended.length === 0 && portion.length === maxLine) throw damaged(now.lines + 1, 'is too long')
        if (ended.length === 0) break
        const lines = take(ended, now.lines, rows)
        const tail = Buffer.concat([now.tail, ended.subarray(-tailLength)]).subarray(-tailLength)
        now = { at: now.at + ended.length, lines, rows: before + rows.length, tail }
      }
      seen = now
      return { before, rows }
    } finally {
      await file.close()
    }
  }

  return Effect.tryPromise({
    try: look,
    catch: (error) => (error instanceof InputError ? error : fileError(path, 'read', error)),
  })
}
