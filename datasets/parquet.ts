import { Effect } from 'effect'
import { z } from 'zod'
import { InputError } from '../core/index.ts'
import { define } from './collect.ts'
import { type AnnotationFile, find } from './files.ts'
import { addOwn, candidates, jsonCell, ownRow, ownSplits } from './own.ts'

const quoted = (path: string): string => `'${path.replaceAll("'", "''")}'`

/** Each row as the text of a JSON object. */
const rowsOf = (source: AnnotationFile): Effect.Effect<ReadonlyArray<string>, InputError> =>
  Effect.tryPromise({
    try: async () => {
      // Only here, because loading DuckDB costs every start that reads no Parquet time.
      const { DuckDBInstance } = await import('@duckdb/node-api')
      const instance = await DuckDBInstance.create(':memory:', { threads: '1', memory_limit: '1GB' })
      try {
        const connection = await instance.connect()
        try {
          const result = await connection.runAndReadAll(
            `SELECT to_json(row)::VARCHAR AS row FROM read_parquet(${quoted(source.path)}) AS row`,
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
        remedy: 'write the file anew',
      }),
  })

/** Columns that hold JSON may be text or lists of their own. */
const cell = (value: unknown): unknown => (typeof value === 'string' ? jsonCell(value) : value)

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** A row's JSON. DuckDB writes what JSON has no word for as nan and inf; such a row is to fail where that stands. */
const rowOf = (text: string): unknown =>
  parsed(text) ?? parsed(text.replaceAll(/([:,[])-?(?:nan|inf\w*)(?=[,}\]])/gi, '$1"not finite"'))

/** A row's fields as those of JSON lines: empty columns are left out, unknown ones go to `meta`. */
const valueOf = (row: unknown): unknown => {
  const fields = z.record(z.string(), z.unknown()).safeParse(row)
  if (!fields.success) return row
  const present = Object.fromEntries(Object.entries(fields.data).filter(([, value]) => value !== null))
  const { windows, options, meta, start, end, duration, ...rest } = present
  const own: Record<string, unknown> = {}
  const other: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(rest)) {
    if (name in ownRow.shape) own[name] = value
    else if (name !== 'dataset' && name !== 'split') other[name] = value
  }
  const known = cell(meta)
  const more = { ...other, ...(typeof known === 'object' && known !== null ? known : {}) }
  return {
    ...own,
    duration: duration ?? null,
    windows: cell(windows) ?? (start === undefined && end === undefined ? undefined : [[start, end]]),
    options: cell(options),
    ...(Object.keys(more).length === 0 ? {} : { meta: more }),
  }
}

/**
 * One's own data as Parquet: the columns of `csv`, where `windows` and `options` may be lists or JSON text. Lines of
 * problems are row numbers. Other columns are kept in `meta`.
 */
export const parquet = define({
  name: 'parquet',
  licence: null,
  homepage: 'your own data',
  files: ['<split>.parquet'],
  splits: ownSplits,
  sizes: {},
  fill: (folder, split, into) =>
    Effect.gen(function* () {
      const source = yield* find(folder, candidates(folder, split, 'parquet'), into.settings.form)
      for (const [index, text] of (yield* rowsOf(source)).entries()) {
        const row = into.row(source.path, index + 1, ownRow, valueOf(rowOf(text)))
        if (row !== null) addOwn(source.path, index + 1, row, into)
      }
      return [source]
    }),
})
