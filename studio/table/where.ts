import { Effect } from 'effect'
import {
  actingCall,
  type Calls,
  callsIn,
  type Database,
  type DatabaseError,
  parseQuery,
} from '../../store/index.ts'
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

/** Functions in FROM that make rows of their arguments alone; all others read files, settings or other SQL. */
const plainTables = new Set(['unnest', 'range', 'generate_series', 'json_each', 'json_tree'])

/** Functions whose value may be of any size: the memory of one value is not among what DuckDB limits. */
const sizeless = new Set([
  ...['range', 'generate_series', 'repeat', 'lpad', 'rpad', 'list_resize', 'array_resize'],
  ...['bitstring', 'format', 'printf'],
])

const tooMuch = ({ tables, values }: Calls): string | null =>
  [...tables].find((name) => !plainTables.has(name)) ?? [...values].find((name) => sizeless.has(name)) ?? null

const parsed = Effect.fnUntraced(function* (database: Database, condition: string) {
  const tree = yield* parseQuery(database, around(condition))
  return tree ?? (yield* refused('contains a number that is too large'))
})

/**
 * Checks that a text is one SQL expression: in the tree that DuckDB's own parser gives of a query with it as condition,
 * nothing but the condition differs from the query with `TRUE`. `1) UNION SELECT (2`, a second statement, a LIMIT or an
 * ORDER BY of its own change the rest. It calls nothing that reads elsewhere, changes the database or makes values of any
 * size.
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
  const calls = callsIn(tree.statements)
  const name = actingCall(calls) ?? tooMuch(calls)
  if (name !== null) return yield* refused(`calls ${name}, which no filter may`)
})
