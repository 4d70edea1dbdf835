import { Effect } from 'effect'
import { z } from 'zod'
import type { InputError } from '../core/index.ts'
import type { Collector } from './collect.ts'
import { type AnnotationFile, jsonFault, linesOf, textOfSource } from './files.ts'

/**
 * The rows of a JSON-lines file that fit `schema`, each with its line. A line that is no JSON, or does not fit, becomes
 * a problem.
 */
export const jsonRows = <A>(
  source: AnnotationFile,
  schema: z.ZodType<A>,
  into: Collector,
): Effect.Effect<ReadonlyArray<{ readonly line: number; readonly row: A }>, InputError> =>
  Effect.map(textOfSource(source), (text) => {
    const rows: Array<{ line: number; row: A }> = []
    for (const { line, text: one } of linesOf(text)) {
      let value: unknown
      try {
        value = JSON.parse(one)
      } catch (error) {
        into.row(
          source.path,
          line,
          z.never({ error: `no valid JSON: ${jsonFault(one, error).message}` }),
          null,
        )
        continue
      }
      const row = into.row(source.path, line, schema, value)
      if (row !== null) rows.push({ line, row })
    }
    return rows
  })
