import { Effect } from 'effect'
import type { z } from 'zod'
import type { InputError } from '../core/index.ts'
import { parseJson } from '../files/index.ts'
import type { Collector } from './collect.ts'
import { type AnnotationFile, eachLine } from './files.ts'

/** Passes on the lines of a file; those that are too long or not UTF-8 become problems. */
export const eachText = (
  source: AnnotationFile,
  into: Collector,
  use: (line: number, text: string) => void,
): Effect.Effect<void, InputError> =>
  eachLine(source, ({ line, text, problem }) =>
    problem === undefined ? use(line, text) : into.unread(source.path, line, `the line ${problem}`),
  )

/** Passes on the values of a JSON-lines file; a line that is not JSON becomes a problem. */
export const parsedRows = (
  source: AnnotationFile,
  into: Collector,
  use: (line: number, value: unknown) => void,
): Effect.Effect<void, InputError> =>
  eachText(source, into, (line, text) => {
    const read = parseJson(text)
    if ('value' in read) use(line, read.value)
    else into.unread(source.path, line, read.problem)
  })

/**
 * The rows of a JSON-lines file that fit `schema`, each with its line. A line that is not JSON, or does not fit, becomes
 * a problem. The file is read line by line and may be longer than a string.
 */
export const jsonRows = <A>(
  source: AnnotationFile,
  schema: z.ZodType<A>,
  into: Collector,
): Effect.Effect<ReadonlyArray<{ readonly line: number; readonly row: A }>, InputError> =>
  Effect.suspend(() => {
    const rows: Array<{ line: number; row: A }> = []
    return Effect.as(
      parsedRows(source, into, (line, value) => {
        const row = into.row(source.path, line, schema, value)
        if (row !== null) rows.push({ line, row })
      }),
      rows,
    )
  })
