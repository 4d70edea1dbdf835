import { Effect } from 'effect'
import type { ColumnType } from '../agents/index.ts'
import type { Json } from '../core/index.ts'
import { wholeBy } from '../files/index.ts'
import {
  type Database,
  type DatabaseError,
  fileList,
  identifier,
  literal,
  parquetOf,
  type Row,
} from './database.ts'

/** DuckDB's JSON notation of a column's type: `DOUBLE[][]` is `[["DOUBLE"]]`. */
const structure = (type: ColumnType): Json => {
  let depth = 0
  while (type.endsWith('[]'.repeat(depth + 1))) depth++
  let shape: Json = type.slice(0, type.length - 2 * depth)
  for (; depth > 0; depth--) shape = [shape]
  return shape
}

/** JSON that DuckDB can read for any text: half of a surrogate pair, which UTF-8 cannot encode, becomes U+FFFD. */
export const wellFormedJson = (value: unknown): string => {
  const text = JSON.stringify(value)
  return text.includes('\\ud')
    ? JSON.stringify(value, (_, inner) => (typeof inner === 'string' ? inner.toWellFormed() : inner))
    : text
}

/**
 * Writes rows as one Parquet file, whole or not at all, also where the system crashes (see `wholeBy`). The bytes depend on
 * rows, columns and metadata alone: no clock, no host. `metadata` goes into Parquet's key-value metadata.
 */
export const writePart = Effect.fn('Store.writePart')(function* (
  database: Database,
  path: string,
  columns: { readonly [column: string]: ColumnType },
  rows: ReadonlyArray<Row>,
  metadata: { readonly [key: string]: string },
) {
  const shape = Object.fromEntries(Object.entries(columns).map(([name, type]) => [name, structure(type)]))
  const names = Object.keys(columns).map(identifier).join(', ')
  const pairs = Object.entries(metadata).map(([key, value]) => `${identifier(key)}: ${literal(value)}`)
  yield* database.run(
    `CREATE OR REPLACE TEMP TABLE stage AS
     SELECT unnest(from_json($1::JSON, ${literal(JSON.stringify([shape]))}), max_depth := 2)`,
    [wellFormedJson(rows)],
  )
  yield* wholeBy(path, (temporary) =>
    database.run(
      `COPY (SELECT ${names} FROM stage) TO ${literal(temporary)}
       (FORMAT parquet, COMPRESSION zstd${pairs.length === 0 ? '' : `, KV_METADATA {${pairs.join(', ')}}`})`,
    ),
  )
}) satisfies (
  database: Database,
  path: string,
  columns: { readonly [column: string]: ColumnType },
  rows: ReadonlyArray<Row>,
  metadata: { readonly [key: string]: string },
) => Effect.Effect<void, DatabaseError>

/** All rows of Parquet files, in the order of the files and of their rows. */
export const readParts = (
  database: Database,
  paths: ReadonlyArray<string>,
  columns: ReadonlyArray<string>,
): Effect.Effect<ReadonlyArray<Row>, DatabaseError> =>
  paths.length === 0
    ? Effect.succeed([])
    : database.rows(
        `SELECT ${columns.map(identifier).join(', ')}
         FROM ${parquetOf(paths, 'union_by_name = true')}`,
      )

/** The key-value metadata of a Parquet file. */
export const readMetadata = (
  database: Database,
  path: string,
): Effect.Effect<{ readonly [key: string]: string }, DatabaseError> =>
  database
    .rows(`SELECT decode(key) AS key, decode(value) AS value FROM parquet_kv_metadata(${fileList([path])})`)
    .pipe(
      Effect.map((rows) => Object.fromEntries(rows.map(({ key, value }) => [String(key), String(value)]))),
    )
