import { join } from 'node:path'
import { Effect, type Scope } from 'effect'
import { z } from 'zod'
import type { InputError, Json } from '../core/index.ts'
import { contentHash, readJson } from '../files/index.ts'
import { literal, openDatabase, parquetOf, type StoreError } from '../store/index.ts'
import { listParts } from './found.ts'

/** How far the part files of an agent cover a plan. */
export interface Verified {
  /** Planned samples, each counted once, and those of them that have a verdict. */
  readonly planned: number
  readonly found: number
  /** Keys of planned samples without a verdict; the first few. */
  readonly missing: ReadonlyArray<string>
  /** Rows that repeat the verdict of another part, after the fold size changed. */
  readonly repeated: number
  /** Samples with different evidence in two parts: they were processed twice. */
  readonly twice: number
  /** Samples with a verdict that are not in the plan. */
  readonly others: number
}

/**
 * A database in memory with the planned keys as table `planned` and what part files hold as table `held`: those of a
 * slice's folder, whatever the folds they were written by, with the settings that the agent's folder was begun with.
 * Null where there is none.
 */
const openHeld = Effect.fnUntraced(function* (
  agentFolder: string,
  folder: string,
  keys: ReadonlyArray<string>,
) {
  const parts = yield* listParts(folder)
  const settings = yield* readJson(join(agentFolder, 'settings.json'), z.json())
  if (parts.length === 0 || settings === null) return null
  const hash = contentHash(settings as Json).slice(0, 16)
  const database = yield* openDatabase(':memory:')
  yield* database.run(`CREATE TABLE planned AS SELECT unnest(from_json($1::JSON, '["VARCHAR"]')) AS key`, [
    JSON.stringify(keys),
  ])
  yield* database.run(
    `CREATE TABLE held AS
     SELECT key, count(*) AS copies,
            count(DISTINCT evidence) FILTER (outcome IN ('kept', 'dropped')) AS looks
     FROM ${parquetOf(parts, 'union_by_name = true')}
     WHERE settings = ${literal(hash)} GROUP BY key`,
  )
  return database
})

/** The planned keys that have no verdict in any cut of the slice. */
export const missingKeys = Effect.fn('Folds.missingKeys')(function* (
  agentFolder: string,
  folder: string,
  keys: ReadonlyArray<string>,
): Effect.fn.Return<ReadonlySet<string>, InputError | StoreError, Scope.Scope> {
  const database = yield* openHeld(agentFolder, folder, keys)
  if (database === null) return new Set(keys)
  const rows = yield* database.rows('SELECT key FROM planned ANTI JOIN held USING (key)')
  return new Set(rows.map(({ key }) => String(key)))
}, Effect.scoped)

/** Checks that every planned sample has a verdict in a slice. */
export const verifyPlan = Effect.fn('Folds.verifyPlan')(function* (
  agentFolder: string,
  folder: string,
  keys: ReadonlyArray<string>,
): Effect.fn.Return<Verified, InputError | StoreError, Scope.Scope> {
  const database = yield* openHeld(agentFolder, folder, keys)
  if (database === null)
    return {
      ...{ planned: keys.length, found: 0, missing: keys.slice(0, 3) },
      ...{ repeated: 0, twice: 0, others: 0 },
    }
  const [counts] = yield* database.rows(
    `SELECT (SELECT count(*) FROM planned)::DOUBLE AS planned,
            (SELECT count(*) FROM planned SEMI JOIN held USING (key))::DOUBLE AS found,
            (SELECT count(*) FROM held ANTI JOIN planned USING (key))::DOUBLE AS others,
            (SELECT coalesce(sum(copies - 1), 0) FROM held)::DOUBLE AS repeated,
            (SELECT count(*) FROM held WHERE looks > 1)::DOUBLE AS twice`,
  )
  const missing = yield* database.rows(
    'SELECT key FROM planned ANTI JOIN held USING (key) ORDER BY planned.rowid LIMIT 3',
  )
  return {
    planned: Number(counts!.planned),
    found: Number(counts!.found),
    missing: missing.map(({ key }) => String(key)),
    repeated: Number(counts!.repeated),
    twice: Number(counts!.twice),
    others: Number(counts!.others),
  }
}, Effect.scoped)
