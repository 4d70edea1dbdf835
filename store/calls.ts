import { Effect } from 'effect'
import { InputError, type Json } from '../core/index.ts'
import { type Database, type DatabaseError, literal } from './database.ts'

/** What a query calls, by names in lower case. */
export interface Calls {
  /** Functions in FROM. */
  readonly tables: ReadonlySet<string>
  /** Functions of values, operators among them. */
  readonly values: ReadonlySet<string>
}

/** DuckDB's own parse of a query as a tree, or why it has none. */
export const parseQuery = Effect.fn('Store.parse')(function* (database: Database, sql: string) {
  const [row] = yield* database.rows(`SELECT json_serialize_sql(${literal(sql)})::VARCHAR AS tree`)
  const text = String(row?.tree)
  try {
    return JSON.parse(text) as {
      readonly error: boolean
      readonly error_message?: string
      readonly statements?: Json
    }
  } catch {
    // DuckDB writes a number beyond the largest double as Infinity, which no JSON has.
    return null
  }
})

const isNode = (node: unknown): node is { readonly [field: string]: unknown } =>
  typeof node === 'object' && node !== null && !Array.isArray(node)

/** Every function that a tree of `parseQuery` calls. */
export const callsIn = (tree: unknown): Calls => {
  const tables = new Set<string>()
  const values = new Set<string>()
  const walk = (node: unknown, isTable: boolean): void => {
    if (Array.isArray(node)) for (const one of node) walk(one, false)
    if (!isNode(node)) return
    const { function_name: name } = node
    if (typeof name === 'string') (isTable ? tables : values).add(name.toLowerCase())
    for (const [field, one] of Object.entries(node))
      walk(one, field === 'function' && node.type === 'TABLE_FUNCTION')
  }
  walk(tree, false)
  return { tables, values }
}

/**
 * Functions by which a SELECT does more than read, whatever the database allows: they change settings or write logs
 * (`enable_logging` with a folder ends the process where files are out of reach), wait, read memory by its address, or run
 * other SQL that this check does not see.
 */
const acting =
  /^((en|dis)able_\w+|(force_)?checkpoint|truncate_duckdb_logs|write_log|nextval|setseed|sleep_ms|arrow_scan\w*|query|json_execute_serialized_sql)$/

/** The first function that does more than read; null where there is none. */
export const actingCall = ({ tables, values }: Calls): string | null =>
  [...tables, ...values].find((name) => acting.test(name)) ?? null

/** Refuses a query that calls what does more than read. What DuckDB cannot parse is left to its own message. */
export const refuseActing = Effect.fn('Store.refuseActing')(function* (
  database: Database,
  sql: string,
): Effect.fn.Return<void, DatabaseError | InputError> {
  const parsed = yield* parseQuery(database, sql)
  const name = actingCall(callsIn(parsed?.statements))
  if (name !== null)
    yield* new InputError({
      subject: 'query',
      problem: `calls ${name}, which does more than read`,
      remedy: 'leave the call out',
    })
})
