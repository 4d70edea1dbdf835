import { open } from 'node:fs/promises'
import { Effect } from 'effect'
import type { z } from 'zod'
import { InputError } from '../core/index.ts'
import { attempt, codeOf, fileError, unlessAbsent } from './errors.ts'
import { rowOf } from './row.ts'
import { linesIn, maxLine } from './stream.ts'

/*
 * Records: JSON lines that one process appends to (`append.ts`) while others may read. A row is there once its line end
 * is. Text after the last line end is being written, or was cut off by a kill: it is not a row and not an error. Every
 * other line must be a row of the expected form. Blank lines are skipped.
 */

/**
 * Gives each row of a record to `use`, in order: a record may not fit into memory. No file is no rows; a line that is no
 * such row is an InputError with its number. The schema must allow null wherever a figure may be NaN, which JSON
 * writes as null.
 */
export const forEachRow = <A>(
  path: string,
  schema: z.ZodType<A>,
  use: (row: A) => void,
  remedy = 'restore the line or remove it',
): Effect.Effect<void, InputError> =>
  Effect.tryPromise({
    try: async () => {
      for await (const portion of linesIn(path, maxLine, true))
        for (const { line, text, problem } of portion) {
          const read = problem === undefined ? rowOf(text, schema) : { problem }
          if ('problem' in read)
            throw new InputError({ subject: `${path}:${line}`, problem: read.problem, remedy })
          use(read.row)
        }
    },
    catch: (error) => error,
  }).pipe(
    Effect.catch((error) => {
      if (error instanceof InputError) return Effect.fail(error)
      return codeOf(error) === 'ENOENT' ? Effect.void : Effect.fail(fileError(path, 'read', error))
    }),
  )

/** `forEachRow` as a list. */
export const readRows = <A>(
  path: string,
  schema: z.ZodType<A>,
  remedy?: string,
): Effect.Effect<ReadonlyArray<A>, InputError> =>
  Effect.suspend(() => {
    const rows: Array<A> = []
    return Effect.as(
      forEachRow(path, schema, (row) => rows.push(row), remedy),
      rows,
    )
  })

/** Removes the text after the last line end, so that the next row starts on a line of its own. */
export const dropIncompleteRow = (path: string): Effect.Effect<void, InputError> =>
  attempt(path, 'written', async () => {
    const file = await unlessAbsent(open(path, 'r+'), null)
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
