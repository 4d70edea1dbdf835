import { Effect } from 'effect'
import type { Json } from '../../core/index.ts'
import { mergeReviews, readReviews } from '../../reviews/index.ts'
import { identifier, literal } from '../../store/index.ts'
import type { Page, Position, Sql } from '../api/index.ts'
import type { Question } from '../server/question.ts'
import type { Studio } from '../studio.ts'
import { askedView, numberOf, openTable, type Table } from './ask.ts'
import { type Clauses, storedColumns } from './sql.ts'

const list = (columns: Clauses['columns']): string => columns.map(({ name }) => identifier(name)).join(', ')

/** How many rows a view has, counted once a snapshot. */
const totalOf = Effect.fnUntraced(function* ({ snapshot, clauses, rows }: Table) {
  if (snapshot.reach < Number.POSITIVE_INFINITY) return snapshot.estimate
  const key = `${clauses.from} ${clauses.where}`
  const known = snapshot.totals.get(key)
  if (known !== undefined) return known
  const answer = yield* rows(`SELECT count(*) FROM ${clauses.from} ${clauses.where}`)
  const total = Number(answer.rows[0]?.[0] ?? 0)
  if (snapshot.totals.size > 200) snapshot.totals.clear()
  snapshot.totals.set(key, total)
  return total
})

/**
 * The rows of a page, each with its number at the end where the relation is numbered. Such a page is found by its numbers
 * first: reading or sorting whole rows would take many times as long.
 */
const rowsOf = Effect.fnUntraced(function* (
  { clauses, rows }: Table,
  stored: string,
  [offset, limit]: readonly [number, number],
) {
  const { from, where, order, isNumbered, numberedOrder } = clauses
  const slice = `LIMIT ${limit} OFFSET ${offset}`
  if (!isNumbered) return (yield* rows(`SELECT ${stored} FROM ${from} ${where} ${order} ${slice}`)).rows
  const found = yield* rows(`SELECT number FROM ${from} ${where} ${numberedOrder} ${slice}`)
  const numbers = found.rows.map(([number]) => Number(number))
  if (numbers.length === 0) return []
  const answer = yield* rows(`SELECT ${stored}, number FROM ${from} WHERE number IN (${numbers.join(', ')})`)
  const byNumber = new Map(answer.rows.map((row) => [Number(row.at(-1)), row]))
  return numbers.map((number) => byNumber.get(number)!)
})

/** Keys whose row numbers are kept. */
const remembered = 50_000

/** `GET /api/runs/:run/table`. */
export const page = Effect.fn('Studio.page')(function* (studio: Studio, question: Question) {
  const { run, view } = yield* askedView(studio, question)
  const offset = yield* numberOf(question.query, 'offset', 0, [0, 1e9])
  const limit = yield* numberOf(question.query, 'limit', 100, [1, 500])
  const table = yield* openTable(studio, run, view, { rows: offset + limit })
  const { clauses, snapshot } = table
  const stored = storedColumns(clauses)
  const rows = yield* rowsOf(table, list(stored), [offset, limit])
  const place = new Map(stored.map(({ name }, index) => [name, index]))
  const merged = mergeReviews(yield* readReviews(run.path))
  const keyAt = place.get('key')!
  if (clauses.from === '"samples"') {
    if (snapshot.numbers.size > remembered) snapshot.numbers.clear()
    for (const row of rows) snapshot.numbers.set(String(row[keyAt]), Number(row.at(-1)))
  }
  const cell = (row: ReadonlyArray<Json>, name: string): Json => {
    const at = place.get(name)
    if (at !== undefined) return row[at]!
    const review = merged.get(String(row[keyAt]))
    return (name === 'review' ? review?.decision : review?.reviewers.length) ?? null
  }
  return {
    columns: clauses.columns,
    rows: rows.map((row) => clauses.columns.map(({ name }) => cell(row, name))),
    offset,
    total: yield* totalOf(table),
    source: snapshot.source,
    revision: snapshot.revision,
    ready: snapshot.reach === Number.POSITIVE_INFINITY,
  } satisfies Page
})

/** `GET /api/runs/:run/position`. */
export const position = Effect.fn('Studio.position')(function* (studio: Studio, question: Question) {
  const { run, view } = yield* askedView(studio, question)
  const key = question.query.get('key') ?? ''
  const { clauses, rows } = yield* openTable(studio, run, view)
  const answer = yield* rows(
    `SELECT place FROM (SELECT "key", row_number() OVER (${clauses.order}) - 1 AS place FROM ${clauses.from} ${clauses.where})
     WHERE "key" = ${literal(key)} LIMIT 1`,
  )
  const at = answer.rows[0]?.[0]
  return { position: at === undefined ? null : Number(at) } satisfies Position
})

/** The query of a view as one text, for `spanwise query` and for exports. */
export const sqlOf = ({ clauses }: Pick<Table, 'clauses'>, asked: ReadonlyArray<string>): string =>
  [
    `SELECT ${asked.length === 0 ? '*' : list(storedColumns(clauses))}`,
    `FROM ${clauses.from}`,
    clauses.where,
    clauses.order,
  ]
    .filter((clause) => clause !== '')
    .join('\n')

/** `GET /api/runs/:run/sql`. */
export const sql = Effect.fn('Studio.sql')(function* (studio: Studio, question: Question) {
  const { run, view } = yield* askedView(studio, question)
  return {
    sql: sqlOf(yield* openTable(studio, run, view, { needed: view.columns }), view.columns),
  } satisfies Sql
})
