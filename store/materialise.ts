import { Effect } from 'effect'
import { type Database, identifier, literal, type StoreError } from './database.ts'
import { type AnyAgent, columnsOf, tableOf } from './schema.ts'

/**
 * Fills an agent's table from its part files, replacing what was there: one verdict per sample, and where the parts
 * hold several, one that looked at the sample goes before a failure, a failure before an absence.
 *
 * @returns rows in the parts, and how many were superseded by another of the same key.
 */
export const materialise = Effect.fn('Store.materialise')(function* (
  database: Database,
  agent: AnyAgent,
  parts: ReadonlyArray<string>,
) {
  const table = tableOf(agent)
  const columns = Object.keys(columnsOf(agent)).map(identifier).join(', ')
  if (parts.length === 0) {
    yield* database.run(`DELETE FROM ${identifier(table)}`)
    return { rows: 0, superseded: 0 }
  }
  yield* database.run(`
    BEGIN;
    DELETE FROM ${identifier(table)};
    INSERT INTO ${identifier(table)} (${columns})
      SELECT ${columns}
      FROM read_parquet([${parts.map(literal).join(', ')}], union_by_name = true, filename = true, file_row_number = true)
      QUALIFY row_number() OVER (
        PARTITION BY key, settings
        ORDER BY CASE outcome WHEN 'failed' THEN 1 WHEN 'absent' THEN 2 ELSE 0 END, filename, file_row_number
      ) = 1
      ORDER BY filename, file_row_number;
    COMMIT;`)
  const [counts] = yield* database.rows(
    `SELECT (SELECT count(*) FROM ${identifier(table)})::DOUBLE AS kept,
            (SELECT sum(num_rows) FROM parquet_file_metadata([${parts.map(literal).join(', ')}]))::DOUBLE AS rows`,
  )
  const rows = Number(counts?.rows ?? 0)
  return { rows, superseded: rows - Number(counts?.kept ?? 0) }
}) satisfies (
  database: Database,
  agent: AnyAgent,
  parts: ReadonlyArray<string>,
) => Effect.Effect<{ rows: number; superseded: number }, StoreError>
