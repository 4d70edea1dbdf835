import { createReadStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Effect, Stream } from 'effect'
import { HttpServerResponse } from 'effect/http'
import { plainJson } from '../../core/index.ts'
import { formatRows, limitRows } from '../../pipelines/query/format.ts'
import { literal } from '../../store/index.ts'
import { type ExportFormat, exportFormats } from '../api/index.ts'
import type { Question } from '../server/question.ts'
import { refusal } from '../server/refusal.ts'
import type { Studio } from '../studio.ts'
import { askedView, openTable, type Table } from './ask.ts'
import { sqlOf } from './page.ts'
import { reviewColumns } from './relations.ts'

const types: { readonly [format in ExportFormat]: string } = {
  parquet: 'application/vnd.apache.parquet',
  csv: 'text/csv; charset=utf-8',
  jsonl: 'application/jsonl; charset=utf-8',
}

/** Every row of a query as text, as it is read: any number of rows in constant memory. */
const textOf = Effect.fnUntraced(function* ({ snapshot }: Table, sql: string, format: 'csv' | 'jsonl') {
  const connection = yield* snapshot.database.fork
  const selected = yield* connection.select(sql)
  if (format === 'csv') return formatRows('csv', limitRows(selected, 0), {})
  const names = selected.columns.map(({ name }) => name)
  return Stream.map(selected.rows, (group) =>
    group
      .map(
        (row) => `${plainJson(Object.fromEntries(names.map((name, index) => [name, row[index] ?? null])))}\n`,
      )
      .join(''),
  )
})

/** A Parquet file of a query in the snapshot's folder, the only one that its database may write to; it goes with the answer. */
const parquetStream = Effect.fnUntraced(function* ({ snapshot }: Table, sql: string) {
  const path = join(snapshot.folder, `export-${Math.random().toString(36).slice(2)}.parquet`)
  yield* Effect.acquireRelease(Effect.void, () => Effect.promise(() => rm(path, { force: true })))
  const connection = yield* snapshot.database.fork
  yield* connection.run(`COPY (${sql}\n) TO ${literal(path)} (FORMAT parquet, COMPRESSION zstd)`)
  return Stream.fromAsyncIterable(createReadStream(path), () =>
    refusal(500, 'the export cannot be read any further'),
  )
})

/** `GET /api/runs/:run/export`: a download of every row of a view. */
export const exportRows = Effect.fn('Studio.export')(function* (studio: Studio, question: Question) {
  const { run, view } = yield* askedView(studio, question)
  const format = exportFormats.find((one) => one === (question.query.get('format') ?? 'csv'))
  if (format === undefined) return yield* refusal(400, `format: is not one of ${exportFormats.join(', ')}`)
  const needed = view.columns.length === 0 ? reviewColumns.map(({ name }) => name) : view.columns
  const table = yield* openTable(studio, run, view, { needed })
  const sql = sqlOf(
    table,
    table.clauses.columns.map(({ name }) => name),
  )
  // A condition that cannot be computed is refused before the download begins.
  yield* table.rows(`SELECT * FROM (${sql}\n) LIMIT 0`)
  const bytes: Stream.Stream<Uint8Array, unknown> =
    format === 'parquet'
      ? Stream.unwrap(parquetStream(table, sql))
      : Stream.encodeText(Stream.unwrap(textOf(table, sql, format)))
  return HttpServerResponse.stream(bytes, {
    contentType: types[format],
    headers: {
      'cache-control': 'no-store',
      'content-disposition': `attachment; filename="${run.id}.${format}"`,
    },
  })
})
