import { Effect } from 'effect'
import { InputError } from '../../core/index.ts'
import { parseJson } from '../../files/index.ts'
import { define } from '../collect.ts'
import { type AnnotationFile, find } from '../files.ts'
import { jsonCell } from './cells.ts'
import { candidates, ownSplits } from './files.ts'
import { addOwnRow } from './row.ts'

/** A path that DuckDB reads literally: pattern characters are put in brackets. */
const literalPath = (path: string): string =>
  `'${path.replaceAll(/[*?[]/g, (sign) => `[${sign}]`).replaceAll("'", "''")}'`

/** Each row as the text of a JSON object. */
const rowsOf = (source: AnnotationFile): Effect.Effect<ReadonlyArray<string>, InputError> =>
  Effect.tryPromise({
    try: async () => {
      // Imported only here, because loading DuckDB slows starts that read no Parquet.
      const { DuckDBInstance } = await import('@duckdb/node-api')
      const instance = await DuckDBInstance.create(':memory:', { threads: '1', memory_limit: '1GB' })
      try {
        const connection = await instance.connect()
        try {
          const result = await connection.runAndReadAll(
            `SELECT to_json(row)::VARCHAR AS row
             FROM read_parquet(${literalPath(source.path)}, hive_partitioning = false) AS row`,
          )
          return result.getColumnsJson()[0]?.map(String) ?? []
        } finally {
          connection.closeSync()
        }
      } finally {
        instance.closeSync()
      }
    },
    catch: (error) =>
      new InputError({
        subject: source.path,
        problem: `cannot be read as Parquet (${(error instanceof Error ? error.message : String(error)).split('\n')[0]})`,
        remedy: 'write the file again',
      }),
  })

/** A JSON string, or a value that DuckDB writes and JSON does not have. */
const stringOrNotFinite = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\b(?:nan|inf(?:inity)?)\b/gi

/** A row as JSON lines would have it: columns with JSON text are parsed. A number that is not finite becomes text. */
const valueOf = (text: string): unknown => {
  const sound = parseJson(text)
  const read =
    'value' in sound
      ? sound
      : parseJson(
          text.replaceAll(stringOrNotFinite, (found) => (found.startsWith('"') ? found : '"not finite"')),
        )
  if (!('value' in read)) return null
  const { windows, options, meta, ...fields } = read.value as { readonly [name: string]: unknown }
  return { ...fields, windows: jsonCell(windows), options: jsonCell(options), meta: jsonCell(meta) }
}

const withoutAbsent = (row: unknown): unknown =>
  row === null ? null : Object.fromEntries(Object.entries(row as object).filter(([, field]) => field != null))

/**
 * Own data as Parquet: the columns of `csv`, where `windows`, `options` and `meta` may be lists and structs
 * or JSON text. Lines of problems are row numbers. Other columns are kept in `meta`.
 */
export const parquet = define({
  name: 'parquet',
  licence: null,
  homepage: 'your own data',
  files: ['<split>.parquet'],
  splits: ownSplits,
  sizes: {},
  fill: Effect.fnUntraced(function* (folder, split, into) {
    const source = yield* find(folder, candidates(folder, split, 'parquet'), into.settings.form)
    for (const [index, text] of (yield* rowsOf(source)).entries())
      addOwnRow(source.path, index + 1, withoutAbsent(valueOf(text)), into)
    return [source]
  }),
})
