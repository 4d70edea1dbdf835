import { Effect } from 'effect'
import { identifier } from '../../store/index.ts'
import type { Histogram, Values } from '../api/index.ts'
import type { Question } from '../server/question.ts'
import { absent, refusal } from '../server/refusal.ts'
import type { Studio } from '../studio.ts'
import { askedView, numberOf, openTable, type Table } from './ask.ts'

const columnOf = Effect.fnUntraced(function* ({ clauses }: Table, name: string) {
  const column = clauses.columns.find((one) => one.name === name)
  return column ?? (yield* absent(`column ${name}`))
})

/** A view without the conditions on one column, and with every column. */
const without = <A extends { readonly filters: ReadonlyArray<{ readonly column: string }> }>(
  view: A,
  column: string,
): A => ({ ...view, columns: [], filters: view.filters.filter((filter) => filter.column !== column) })

/** `GET /api/runs/:run/histogram`. */
export const histogram = Effect.fn('Studio.histogram')(function* (studio: Studio, question: Question) {
  const { run, view } = yield* askedView(studio, question)
  const name = question.query.get('column') ?? ''
  const bins = yield* numberOf(question.query, 'bins', 40, [1, 400])
  const table = yield* openTable(studio, run, without(view, name), { needed: [name] })
  const column = yield* columnOf(table, name)
  if (!column.numeric) return yield* refusal(400, `${name} is not a number`)
  const { clauses } = table
  // Infinities and NaN have no bin.
  const { rows } = yield* table.rows(`
    WITH v AS (SELECT CASE WHEN isfinite(${identifier(name)}::DOUBLE) THEN ${identifier(name)}::DOUBLE END AS x FROM ${clauses.from} ${clauses.where}),
         r AS (SELECT min(x) AS low, max(x) AS high FROM v)
    SELECT CASE WHEN x IS NULL THEN -1 WHEN high > low THEN least(floor((x - low) / (high - low) * ${bins}), ${bins - 1}) ELSE 0 END::INTEGER AS bin,
           count(*), any_value(low), any_value(high)
    FROM v, r GROUP BY bin`)
  const counts = new Array<number>(bins).fill(0)
  let missing = 0
  for (const [bin, count] of rows)
    if (Number(bin) < 0) missing = Number(count)
    else counts[Number(bin)] = Number(count)
  const bound = (index: number) => (rows[0]?.[index] == null ? null : Number(rows[0][index]))
  return { column: name, min: bound(2), max: bound(3), counts, missing } satisfies Histogram
})

/** Values of a filter's list. */
const listed = 100

/** `GET /api/runs/:run/values`. */
export const values = Effect.fn('Studio.values')(function* (studio: Studio, question: Question) {
  const { run, view } = yield* askedView(studio, question)
  const name = question.query.get('column') ?? ''
  const table = yield* openTable(studio, run, without(view, name), { needed: [name] })
  yield* columnOf(table, name)
  const { clauses } = table
  const { rows } = yield* table.rows(
    `SELECT ${identifier(name)}, count(*) AS n FROM ${clauses.from} ${clauses.where} GROUP BY 1 ORDER BY n DESC, 1 LIMIT ${listed + 1}`,
  )
  return {
    column: name,
    values: rows.slice(0, listed).map(([value = null, count]) => ({ value, count: Number(count) })),
    more: rows.length > listed,
  } satisfies Values
})
