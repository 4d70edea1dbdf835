import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { assert, describe, it } from '@effect/vitest'
import { Effect } from 'effect'
import { boundaryReflection } from '../../agents/index.ts'
import { writeWhole } from '../../files/index.ts'
import {
  columnsOf,
  type Database,
  evidenceQuery,
  materialise,
  migrate,
  openDatabase,
  partFacts,
  type Row,
  readMetadata,
  readParts,
  wellFormedJson,
  writePart,
} from '../../store/index.ts'
import { braPart, verdict, writeParts } from './verdicts.ts'

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
  it.effect('hold a text that no UTF-8 can say beside the others, and lose none of them', () =>
    Effect.gen(function* () {
      const database = yield* openDatabase(':memory:')
      const path = join(folder(), 'part-00000.parquet')
      const texts = ['half \ud83d a pair', '\udc00', 'a nul \u0000', 'written \\ud83d out', '🎬']
      const rows = texts.map((query, i) => ({ ...row(String(i), 'kept'), query, evidence: `{"q":"${i}"}` }))
      yield* writePart(database, path, columns, rows, {})
      const read = yield* readParts(database, [path], ['query'])
      assert.deepStrictEqual(
        read.map(({ query }) => query),
        ['half \ufffd a pair', '\ufffd', ...texts.slice(2)],
      )
      assert.strictEqual(wellFormedJson({ a: ['\ud83d', '\\ud83d'] }), '{"a":["\ufffd","\\\\ud83d"]}')
    }).pipe(Effect.scoped),
  )

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
      // A folder stands where the part belongs.
      mkdirSync(join(dir, 'part.parquet', 'inside'), { recursive: true })
      const error = yield* Effect.flip(
        writePart(database, join(dir, 'part.parquet'), columns, [row('a', 'kept')], {}),
      )
      assert.strictEqual(error._tag, 'InputError')
      assert.deepStrictEqual(readdirSync(dir), ['part.parquet'])
      yield* Effect.flip(
        writePart(database, join(dir, 'b'), { key: 'NO TYPE' as 'VARCHAR' }, [{ key: 'a' }], {}),
      )
      assert.deepStrictEqual(readdirSync(dir), ['part.parquet'])
    }).pipe(Effect.scoped),
  )
})

describe('curation.duckdb', () => {
  const fill = Effect.fnUntraced(function* (database: Database, run: string, parts: ReadonlyArray<string>) {
    const all = [{ agent: boundaryReflection, parts }]
    return yield* materialise(database, run, all, yield* partFacts(run, all))
  })

  it.effect(
    'holds one verdict per key, one that looked before one that failed, an earlier before a later',
    () =>
      Effect.gen(function* () {
        const run = folder()
        const [early, late] = [braPart('0'), braPart('1')]
        const of = (key: string, outcome: string) => verdict(boundaryReflection, key, outcome)
        yield* writeParts(run, {
          [early]: [boundaryReflection, [of('a', 'failed'), of('b', 'kept'), of('c', 'absent')]],
          [late]: [
            boundaryReflection,
            [of('a', 'kept'), of('b', 'kept'), of('c', 'failed'), of('d', 'dropped')],
          ],
        })
        const database = yield* openDatabase(join(run, 'curation.duckdb'))
        yield* migrate(database, run)
        for (let time = 0; time < 2; time++) assert.strictEqual(yield* fill(database, run, [early, late]), 3)
        const rows = 'SELECT key, outcome, part, part_row FROM verdicts ORDER BY key'
        assert.deepStrictEqual(yield* database.rows(rows), [
          { key: 'a', outcome: 'kept', part: late, part_row: 0 },
          { key: 'b', outcome: 'kept', part: early, part_row: 1 },
          { key: 'c', outcome: 'failed', part: late, part_row: 2 },
          { key: 'd', outcome: 'dropped', part: late, part_row: 3 },
        ])
        // A part that is gone takes its verdicts along, and one that was written anew is read anew.
        assert.strictEqual(yield* fill(database, run, [early]), 0)
        yield* writeParts(run, { [early]: [boundaryReflection, [of('z', 'kept'), of('a', 'kept')]] })
        assert.strictEqual(yield* fill(database, run, [early]), 0)
        assert.deepStrictEqual(yield* database.rows('SELECT key FROM verdicts'), [{ key: 'z' }, { key: 'a' }])
      }).pipe(Effect.scoped),
  )

  it.effect('reads columns that part files of an earlier version lack as null', () =>
    Effect.gen(function* () {
      const run = folder()
      const part = braPart('0')
      const { usage: _, reason: __, ...lacking } = columns
      const database = yield* openDatabase(join(run, 'curation.duckdb'))
      yield* migrate(database, run)
      mkdirSync(dirname(join(run, part)), { recursive: true })
      const rows = [verdict(boundaryReflection, 'a', 'kept')]
      yield* writePart(database, join(run, part), lacking, rows, {})
      yield* fill(database, run, [part])
      const evidence = yield* evidenceQuery(database, run, [{ agent: boundaryReflection, parts: [part] }])
      assert.deepStrictEqual(yield* database.rows(`SELECT usage FROM (${evidence})`), [{ usage: null }])
      assert.deepStrictEqual(yield* database.rows('SELECT key, reason FROM verdicts'), [
        { key: 'a', reason: null },
      ])
    }).pipe(Effect.scoped),
  )

  it.effect('keeps what it had where a part file cannot be read', () =>
    Effect.gen(function* () {
      const run = folder()
      const part = braPart('0')
      yield* writeParts(run, { [part]: [boundaryReflection, [verdict(boundaryReflection, 'a', 'kept')]] })
      const database = yield* openDatabase(join(run, 'curation.duckdb'))
      yield* migrate(database, run)
      yield* fill(database, run, [part])
      const broken = braPart('1')
      mkdirSync(dirname(join(run, broken)))
      writeFileSync(join(run, broken), 'PAR1 and no more')
      yield* Effect.flip(fill(database, run, [part, broken]))
      assert.deepStrictEqual(yield* database.rows('SELECT key FROM verdicts'), [{ key: 'a' }])
      assert.deepStrictEqual(yield* database.rows('SELECT part FROM parts'), [{ part }])
    }).pipe(Effect.scoped),
  )

  it.effect('that is no database is refused in one line', () =>
    Effect.gen(function* () {
      const other = join(folder(), 'other.duckdb')
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
