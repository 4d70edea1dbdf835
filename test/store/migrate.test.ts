import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { assert, describe, it } from '@effect/vitest'
import { Effect } from 'effect'
import {
  type Database,
  evidenceView,
  migrate,
  openDatabase,
  relations,
  schemaVersion,
} from '../../store/index.ts'

const oldest = readFileSync(join(import.meta.dirname, '../fixtures/store/version-1.sql'), 'utf8')
const newPath = () => join(mkdtempSync(join(tmpdir(), 'spanwise-migrate-')), 'curation.duckdb')

const versions = (database: Database) => database.rows('SELECT version FROM schema_version')

/** Names, types and comments of every column, as the database has them. */
const inDatabase = (database: Database) =>
  database.rows(`SELECT table_name AS name, column_name AS column, data_type AS type, comment
                 FROM duckdb_columns() WHERE NOT internal AND table_name <> 'schema_version'`)

const key = ({ name, column }: { readonly [key: string]: unknown }) => `${name}.${column}`

describe('the schema', () => {
  it.effect('documents every column of every table and view as the database has it', () =>
    Effect.gen(function* () {
      const path = newPath()
      const database = yield* openDatabase(path)
      yield* migrate(database, path)
      const documented = relations
        .filter(({ name }) => name !== evidenceView.name)
        .flatMap(({ name, columns }) =>
          Object.entries(columns).map(([column, { type, comment }]) => ({ name, column, type, comment })),
        )
      const byKey = (a: object, b: object) => (key({ ...a }) < key({ ...b }) ? -1 : 1)
      assert.deepStrictEqual((yield* inDatabase(database)).toSorted(byKey), documented.toSorted(byKey))
    }).pipe(Effect.scoped),
  )

  it.effect('of an older database is brought up to date where it is, with its curations', () =>
    Effect.gen(function* () {
      const path = newPath()
      const fresh = yield* openDatabase(':memory:')
      yield* migrate(fresh, ':memory:')
      const wanted = yield* inDatabase(fresh)
      yield* Effect.scoped(Effect.flatMap(openDatabase(path), (database) => database.run(oldest)))
      const database = yield* openDatabase(path)
      yield* migrate(database, path)
      assert.deepStrictEqual(yield* versions(database), [{ version: schemaVersion }])
      const order = (rows: typeof wanted) => rows.map((row) => JSON.stringify(row)).sort()
      assert.deepStrictEqual(order(yield* inDatabase(database)), order(wanted))
      assert.deepStrictEqual(
        yield* database.rows('SELECT selection, key, windows, decision, selected FROM curated'),
        [{ selection: 'curated', key: 'k', windows: [[1, 2.5]], decision: 'keep', selected: true }],
      )
      assert.deepStrictEqual(yield* database.rows('SELECT * FROM provenance'), [
        { selection: 'curated', name: 'spanwise', value: '0.1.0' },
      ])
      // Verdicts come back from the part files.
      assert.deepStrictEqual(yield* database.rows('SELECT key FROM verdicts'), [])
      yield* migrate(database, path)
    }).pipe(Effect.scoped),
  )

  it.effect('stays the old one where bringing it up to date fails', () =>
    Effect.gen(function* () {
      const path = newPath()
      yield* Effect.scoped(
        Effect.gen(function* () {
          const database = yield* openDatabase(path)
          yield* database.run(oldest)
          yield* database.run('ALTER TABLE provenance DROP COLUMN value')
          yield* Effect.flip(migrate(database, path))
        }),
      )
      const database = yield* openDatabase(path)
      assert.deepStrictEqual(yield* versions(database), [{ version: 1 }])
      assert.deepStrictEqual(yield* database.rows('SELECT name FROM provenance'), [{ name: 'spanwise' }])
      assert.deepStrictEqual(yield* database.rows('SELECT key FROM boundary_reflection'), [{ key: 'k' }])
    }).pipe(Effect.scoped),
  )

  it.effect('of a later Spanwise is refused in one line and left alone', () =>
    Effect.gen(function* () {
      const path = newPath()
      const database = yield* openDatabase(path)
      yield* migrate(database, path)
      yield* database.run('UPDATE schema_version SET version = 99')
      const error = yield* Effect.flip(migrate(database, path))
      assert.strictEqual(error._tag, 'InputError')
      assert.match(error.message, /curation\.duckdb: has schema version 99, [^\n]+ update Spanwise, [^\n]+$/)
      assert.deepStrictEqual(yield* versions(database), [{ version: 99 }])
    }).pipe(Effect.scoped),
  )
})
