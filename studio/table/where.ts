import { Effect } from 'effect'
import { type Database, type DatabaseError, literal } from '../../store/index.ts'
import { type Refusal, refusal } from '../server/refusal.ts'

/** The query around a condition, written so that a comment at its end closes nothing. */
const around = (condition: string): string => `SELECT 1 FROM t WHERE (${condition}\n)`

/** Positions in the text are no part of what a query means. */
const shape = (node: unknown): unknown => {
  if (Array.isArray(node)) return node.map(shape)
  if (typeof node !== 'object' || node === null) return node
  return Object.fromEntries(
    Object.entries(node).flatMap(([name, value]) =>
      name === 'query_location' || name === 'where_clause' ? [] : [[name, shape(value)]],
    ),
  )
}

const refused = (problem: string) =>
  refusal(422, `the condition ${problem}`, 'write one SQL expression over the columns, as after WHERE')

const parsed = Effect.fnUntraced(function* (database: Database, condition: string) {
  const [row] = yield* database.rows(
    `SELECT json_serialize_sql(${literal(around(condition))})::VARCHAR AS tree`,
  )
  // DuckDB writes a number beyond the largest double as Infinity, which no JSON has.
  return yield* Effect.try({
    try: () =>
      JSON.parse(String(row?.tree)) as {
        readonly error: boolean
        readonly error_message?: string
        readonly statements?: unknown
      },
    catch: () => refused('contains a number that is too large'),
  })
})

/**
 * Checks that a text is one SQL expression: in the tree that DuckDB's own parser gives of a query with it as condition,
 * nothing but the condition differs from the query with `TRUE`. `1) UNION SELECT (2`, a second statement, a LIMIT or an
 * ORDER BY of its own change the rest. What the expression calls is bounded by the database: it cannot write, and reads
 * no files.
 */
export const checkWhere = Effect.fn('Studio.checkWhere')(function* (
  database: Database,
  condition: string,
): Effect.fn.Return<void, DatabaseError | Refusal> {
  if (condition.trim() === '') return yield* refused('is empty')
  const tree = yield* parsed(database, condition)
  if (tree.error) return yield* refused(`cannot be read: ${tree.error_message?.split('\n')[0] ?? ''}`)
  const plain = yield* parsed(database, 'TRUE')
  if (JSON.stringify(shape(tree.statements)) !== JSON.stringify(shape(plain.statements)))
    return yield* refused('is more than one expression')
})
