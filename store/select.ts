import { type DuckDBConnection, type DuckDBResult, DuckDBTypeId, StatementType } from '@duckdb/node-api'
import { Effect, Stream } from 'effect'
import { InputError, type Json } from '../core/index.ts'

export interface SelectedColumn {
  readonly name: string
  /** DuckDB's name of the type, e.g. `DOUBLE[]`. */
  readonly type: string
}

/** The answer to a query: columns, and rows in groups as DuckDB delivers them. */
export interface Selected<E> {
  readonly columns: ReadonlyArray<SelectedColumn>
  readonly rows: Stream.Stream<ReadonlyArray<ReadonlyArray<Json>>, E>
}

const wide = new Set<DuckDBTypeId>([
  DuckDBTypeId.BIGINT,
  DuckDBTypeId.UBIGINT,
  DuckDBTypeId.HUGEINT,
  DuckDBTypeId.UHUGEINT,
])

/** Counts and sums are 64 or 128 bits wide and come as text; those that a number holds exactly become one. */
const narrow = (value: Json): Json => {
  const number = Number(value)
  return value !== null && Number.isSafeInteger(number) ? number : value
}

/** Space, semicolons and comments: DuckDB has no message for these. */
const empty = /^(\s|;|--.*|\/\*[\s\S]*?\*\/)*$/

const refuse = (problem: string) =>
  new InputError({
    subject: 'query',
    problem,
    remedy: 'use one SELECT (or FROM, WITH, VALUES, DESCRIBE, SUMMARIZE, SHOW TABLES)',
  })

/**
 * Prepares a statement and runs it if it only reads. DuckDB reports the kind of statement; COPY, ATTACH, SET,
 * INSERT and the like, and EXPLAIN (which with ANALYZE runs them), are refused before they run.
 *
 * @param attempt runs work on the connection, turns its failures into errors and can be interrupted
 */
export const select = Effect.fnUntraced(function* <E>(
  connection: DuckDBConnection,
  sql: string,
  attempt: <A>(work: () => Promise<A>) => Effect.Effect<A, E>,
): Effect.fn.Return<Selected<E>, E | InputError> {
  if (empty.test(sql)) return yield* refuse('contains no statement')
  const statements = yield* attempt(() => connection.extractStatements(sql))
  if (statements.count !== 1) return yield* refuse(`contains ${statements.count} statements`)
  const statement = yield* attempt(() => statements.prepare(0))
  if (statement.statementType !== StatementType.SELECT)
    return yield* refuse(`is ${StatementType[statement.statementType]}, which is not read-only`)
  const result: DuckDBResult = yield* attempt(() => statement.stream())
  const columns = result
    .deduplicatedColumnNames()
    .map((name, index) => ({ name, type: String(result.columnType(index)) }))
  const wideColumns = columns.flatMap((_, index) => (wide.has(result.columnTypeId(index)) ? [index] : []))
  const iterator = result.yieldRowsJson()
  const rows = Stream.unfold(
    undefined,
    Effect.fnUntraced(function* () {
      const next = yield* attempt(() => iterator.next())
      if (next.done === true) return undefined
      const group = next.value as Array<Array<Json>>
      for (const row of group) for (const index of wideColumns) row[index] = narrow(row[index]!)
      return [group as ReadonlyArray<ReadonlyArray<Json>>, undefined] as const
    }),
  )
  return { columns, rows }
})
