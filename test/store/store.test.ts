import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { assert, describe, it } from '@effect/vitest'
import { Effect } from 'effect'
import { boundaryReflection } from '../../agents/index.ts'
import {
  columnsOf,
  materialise,
  migrate,
  openDatabase,
  type Row,
  readMetadata,
  readParts,
  writePart,
  writeWhole,
} from '../../store/index.ts'

const folder = () => mkdtempSync(join(tmpdir(), 'spanwise-store-'))

const row = (key: string, outcome: string): Row => ({
  ...Object.fromEntries(Object.keys(columnsOf(boundaryReflection)).map((column) => [column, null])),
  key,
  settings: 'h',
  agent: boundaryReflection.name,
  sample: `sample "${key}"`,
  query: "it's 'quoted' ünïcode",
  windows: [[0, 1.5]],
  outcome,
  proposals: [],
  votes: [2, 1],
  score: 0.25,
})
const columns = columnsOf(boundaryReflection)

describe('parts', () => {
  it.effect('come back as they were written, with their metadata', () =>
    Effect.gen(function* () {
      const dir = folder()
      const database = yield* openDatabase(':memory:')
      const path = join(dir, 'part-00000.parquet')
      yield* writePart(database, path, columns, [row('a', 'kept'), row('b', 'failed')], {
        settings: '{"x":"it\'s"}',
      })
      const rows = yield* readParts(database, [path], Object.keys(columns))
      assert.deepStrictEqual(rows, [row('a', 'kept'), row('b', 'failed')])
      assert.strictEqual((yield* readMetadata(database, path)).settings, '{"x":"it\'s"}')
      assert.deepStrictEqual(readdirSync(dir), ['part-00000.parquet'])
    }).pipe(Effect.scoped),
  )

  it.effect('are the same bytes for the same rows', () =>
    Effect.gen(function* () {
      const dir = folder()
      const database = yield* openDatabase(':memory:', { threads: 1 })
      for (const name of ['a', 'b'])
        yield* writePart(database, join(dir, name), columns, [row('a', 'kept')], { k: 'v' })
      assert.deepStrictEqual(readFileSync(join(dir, 'a')), readFileSync(join(dir, 'b')))
    }).pipe(Effect.scoped),
  )

  it.effect('leave nothing behind when they cannot be written', () =>
    Effect.gen(function* () {
      const dir = folder()
      const database = yield* openDatabase(':memory:')
      const error = yield* Effect.flip(
        writePart(database, join(dir, 'none', 'part.parquet'), columns, [row('a', 'kept')], {}),
      )
      assert.include(['StoreError', 'InputError'], error._tag)
      assert.deepStrictEqual(readdirSync(dir), [])
    }).pipe(Effect.scoped),
  )
})

describe('curation.duckdb', () => {
  it.effect('holds one verdict per key, one that looked before one that failed', () =>
    Effect.gen(function* () {
      const dir = folder()
      const path = join(dir, 'curation.duckdb')
      const database = yield* openDatabase(path)
      yield* migrate(database, path)
      yield* migrate(database, path)
      const parts = [join(dir, '1.parquet'), join(dir, '2.parquet')]
      yield* writePart(database, parts[0]!, columns, [row('a', 'failed'), row('b', 'kept')], {})
      yield* writePart(database, parts[1]!, columns, [row('a', 'kept'), row('b', 'kept')], {})
      for (let time = 0; time < 2; time++)
        assert.deepStrictEqual(yield* materialise(database, boundaryReflection, parts), {
          rows: 4,
          superseded: 2,
        })
      assert.deepStrictEqual(yield* database.rows('SELECT key, outcome FROM verdicts ORDER BY key'), [
        { key: 'a', outcome: 'kept' },
        { key: 'b', outcome: 'kept' },
      ])
      const comments = yield* database.rows(
        "SELECT comment FROM duckdb_columns() WHERE table_name = 'boundary_reflection' AND column_name = 'evidence'",
      )
      assert.isString(comments[0]?.comment)
    }).pipe(Effect.scoped),
  )

  it.effect('of a later version or that is no database is refused in one line', () =>
    Effect.gen(function* () {
      const dir = folder()
      const path = join(dir, 'curation.duckdb')
      const database = yield* openDatabase(path)
      yield* migrate(database, path)
      yield* database.run('INSERT INTO schema_version VALUES (99)')
      const later = yield* Effect.flip(migrate(database, path))
      assert.strictEqual(later._tag, 'InputError')
      const other = join(dir, 'other.duckdb')
      writeFileSync(other, 'this is not a database, but a text that is long enough to be taken for one')
      const broken = yield* Effect.flip(openDatabase(other))
      assert.strictEqual(broken._tag, 'InputError')
      assert.notInclude(broken.message, '\n')
    }).pipe(Effect.scoped),
  )
})

describe('whole files', () => {
  it.effect('replace the old one or leave it', () =>
    Effect.gen(function* () {
      const dir = folder()
      yield* writeWhole(join(dir, 'a.txt'), 'one')
      yield* writeWhole(join(dir, 'a.txt'), 'two')
      assert.strictEqual(readFileSync(join(dir, 'a.txt'), 'utf8'), 'two')
      const error = yield* Effect.flip(writeWhole(join(dir, 'a.txt', 'b.txt'), 'three'))
      assert.strictEqual(error._tag, 'InputError')
      assert.deepStrictEqual(readdirSync(dir), ['a.txt'])
    }),
  )
})
