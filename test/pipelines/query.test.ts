import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { assert, describe, it } from '@effect/vitest'
import { Effect, Stream } from 'effect'
import { boundaryReflection, difficultyEstimation, reasoningWriter } from '../../agents/index.ts'
import { partsOf, runMerge } from '../../pipelines/merge.ts'
import { type Format, formatRows, limitRows } from '../../pipelines/query/format.ts'
import { runQuery } from '../../pipelines/query.ts'
import {
  curatedTypes,
  openAnswers,
  openDatabase,
  partFacts,
  relations,
  writePart,
} from '../../store/index.ts'
import { spanwise } from '../cli/command-line.ts'
import { contents } from '../cli/workplace.ts'
import { braPart, deaPart, verdict, writeParts } from '../store/verdicts.ts'

const bra = (key: string, outcome: string, fields = {}) => verdict(boundaryReflection, key, outcome, fields)
const dea = (key: string, outcome: string, fields = {}) => verdict(difficultyEstimation, key, outcome, fields)

/** A run with verdicts of both agents, one of them superseded, and a curation. */
const newRun = Effect.fnUntraced(function* () {
  const run = mkdtempSync(join(tmpdir(), 'spanwise-query-test-'))
  yield* writeParts(run, {
    [braPart('0')]: [
      boundaryReflection,
      [
        bra('a', 'kept', { score: 0.25, windows: [[0, 1.5]], evidence: '{"a":1}' }),
        bra('b', 'failed', { reason: 'truncated', file: "it's.mp4" }),
      ],
    ],
    [braPart('1')]: [boundaryReflection, [bra('b', 'dropped', { verdict: 'partial', votes: [2, 1] })]],
    [deaPart('0')]: [
      difficultyEstimation,
      [
        dea('a', 'kept', { difficulty: 0.5, band: 'medium', ious: [0.5, 1] }),
        dea('c', 'absent', { reason: 'missing' }),
      ],
    ],
  })
  mkdirSync(join(run, 'curated'))
  const database = yield* openDatabase(':memory:')
  const curated = {
    ...Object.fromEntries(Object.keys(curatedTypes).map((name) => [name, null])),
    ...{ selection: 'curated', key: 'a', decision: 'keep', weight: 1, selected: true },
  }
  const decisions = join(run, 'curated', 'decisions.parquet')
  yield* writePart(database, decisions, curatedTypes, [curated], { act: '{"action":"drop"}' })
  return run
}, Effect.scoped)

const ask = (run: string, sql: string) =>
  Effect.scoped(
    Effect.gen(function* () {
      const { source, because, columns, rows } = yield* runQuery(run, sql)
      const groups = yield* Stream.runCollect(rows)
      return { source, because, columns, rows: groups.flat() }
    }),
  )

describe('a query', () => {
  it.effect(
    'gets the same from part files as from the merged database, for everything that is documented',
    () =>
      Effect.gen(function* () {
        const run = yield* newRun()
        yield* writeParts(run, {
          [join(reasoningWriter.name, 'fold-0', 'part-00000.parquet')]: [
            reasoningWriter,
            [verdict(reasoningWriter, 'n', 'kept', { cot: ['a', 'b'], tries: 3 })],
          ],
        })
        const all = Effect.forEach(relations, ({ name }) => ask(run, `FROM ${name} ORDER BY ALL`))
        const before = yield* all
        for (const { source, because } of before) {
          assert.strictEqual(source, 'part files')
          assert.strictEqual(because, 'no curation.duckdb yet')
        }
        for (const [index, { columns }] of before.entries())
          assert.deepStrictEqual(
            columns,
            Object.entries(relations[index]!.columns).map(([name, { type }]) => ({ name, type })),
            relations[index]!.name,
          )
        yield* runMerge(run)
        yield* Effect.scoped(
          Effect.flatMap(openDatabase(join(run, 'curation.duckdb')), (database) =>
            database.run(`
            INSERT INTO curated BY NAME SELECT * FROM read_parquet('${run}/curated/decisions.parquet');
            INSERT INTO provenance VALUES ('curated', 'act', '{"action":"drop"}')`),
          ),
        )
        const after = yield* all
        for (const [index, answer] of after.entries()) {
          assert.strictEqual(answer.source, 'curation.duckdb')
          assert.deepStrictEqual(answer.rows, before[index]!.rows, relations[index]!.name)
          assert.isAbove(answer.rows.length, 0, relations[index]!.name)
        }
        assert.deepStrictEqual((yield* ask(run, 'SELECT key, bra, dea FROM samples ORDER BY key')).rows, [
          ['a', 'kept', 'kept'],
          ['b', 'dropped', null],
          ['c', null, 'absent'],
        ])
        assert.deepStrictEqual(
          (yield* ask(
            run,
            'SELECT evidence FROM evidence JOIN boundary_reflection b USING (part, part_row) ORDER BY b.key',
          )).rows,
          [['{"a":1}'], [null]],
        )
      }),
  )

  it.effect('sees parts that came after the merge', () =>
    Effect.gen(function* () {
      const run = yield* newRun()
      yield* runMerge(run)
      yield* writeParts(run, { [deaPart('1')]: [difficultyEstimation, [dea('d', 'kept')]] })
      const stale = yield* ask(run, 'SELECT count(*) AS n FROM difficulty_estimation')
      assert.deepStrictEqual(stale.rows, [[3]])
      assert.strictEqual(stale.because, 'curation.duckdb is older than the part files')
      yield* runMerge(run)
      const fresh = yield* ask(run, 'SELECT count(*) AS n FROM difficulty_estimation')
      assert.deepStrictEqual([fresh.rows, fresh.source], [[[3]], 'curation.duckdb'])
    }),
  )

  it.effect('is answered from part files while another process has the database open', () =>
    Effect.gen(function* () {
      const run = yield* newRun()
      yield* runMerge(run)
      const script = `
        const { DuckDBInstance } = await import('@duckdb/node-api')
        await DuckDBInstance.create(${JSON.stringify(join(run, 'curation.duckdb'))})
        console.log('open')
        setInterval(() => {}, 1000)`
      const holder = spawn(process.execPath, ['--input-type=module', '-e', script], {
        cwd: import.meta.dirname,
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      yield* Effect.promise(() => once(holder.stdout, 'data'))
      const answer = yield* ask(run, 'SELECT count(*) AS n FROM verdicts')
      holder.kill()
      assert.deepStrictEqual(answer.rows, [[4]])
      assert.strictEqual(answer.because, 'curation.duckdb is open in another process')
    }),
  )

  it.effect(
    'that does more than read, reads elsewhere or is wrong is refused in one line, and writes nothing',
    () =>
      Effect.gen(function* () {
        const run = yield* newRun()
        const outside = join(mkdtempSync(join(tmpdir(), 'spanwise-outside-')), 'secret.txt')
        writeFileSync(outside, 'secret')
        const refused: ReadonlyArray<readonly [string, RegExp]> = [
          ['', /contains no statement/],
          ['-- nothing', /contains no statement/],
          ['SELECT 1; SELECT 2', /contains 2 statements/],
          ['CREATE TABLE x (i INTEGER)', /is CREATE/],
          ["INSERT INTO curated (key) VALUES ('x')", /INSERT|is not an table/],
          [`COPY (SELECT 1) TO '${run}/x.csv'`, /is COPY/],
          [`FROM enable_logging(storage := 'file', storage_path := '${run}/logs')`, /calls enable_logging/],
          [`SELECT * FROM query('FROM enable_logging()')`, /calls query/],
          [`SELECT write_log('x')`, /calls write_log/],
          [`EXPLAIN ANALYZE COPY (SELECT 1) TO '${run}/x.csv'`, /is EXPLAIN/],
          [`EXPORT DATABASE '${run}/x'`, /is EXPORT/],
          [`ATTACH '${run}/x.duckdb'`, /is ATTACH/],
          ['INSTALL httpfs', /is LOAD/],
          ['SET memory_limit = "100GB"', /is SET/],
          ["PRAGMA enable_profiling = 'json'", /is SET/],
          [`SELECT * FROM read_text('${outside}')`, /Permission Error/],
          [`SELECT * FROM read_text('${run}/../*/secret.txt')`, /Permission Error/],
          ["SELECT * FROM 'https://127.0.0.1/x.parquet'", /Permission Error/],
          ['SELCT', /Parser Error/],
          ['SELECT nothing FROM samples', /Referenced column "nothing" not found/],
          ["SELECT 'x'::INTEGER", /Conversion Error/],
          ['SELECT $1', /parameters/],
        ]
        for (const merged of [false, true]) {
          if (merged) yield* runMerge(run)
          const before = contents(run)
          yield* Effect.scoped(
            Effect.gen(function* () {
              const verdicts = yield* partsOf(run)
              const facts = yield* partFacts(run, verdicts)
              const answers = yield* openAnswers({ run, verdicts, facts, decisions: [] })
              assert.strictEqual(answers.source, merged ? 'curation.duckdb' : 'part files')
              for (const [sql, says] of refused) {
                const rows = Effect.flatMap(answers.select(sql), (selected) => Stream.runDrain(selected.rows))
                const error = yield* Effect.flip(rows)
                assert.match(error.message, says)
                assert.notInclude(error.message, '\n')
              }
            }),
          )
          assert.deepStrictEqual(contents(run), before)
        }
        for (const sql of ['SELCT', 'SELECT nothing FROM samples', "COPY (SELECT 1) TO 'x.csv'"]) {
          const error = yield* Effect.flip(ask(run, sql))
          assert.strictEqual(error._tag, 'InputError')
        }
      }),
  )

  it.effect('of a run without verdicts or of a later Spanwise is refused', () =>
    Effect.gen(function* () {
      const run = yield* newRun()
      const none = yield* Effect.flip(ask(join(run, 'nowhere'), 'FROM verdicts'))
      assert.match(none.message, /nowhere: contains no verdicts yet; [^\n]+$/)
      yield* runMerge(run)
      yield* Effect.scoped(
        Effect.flatMap(openDatabase(join(run, 'curation.duckdb')), (database) =>
          database.run('UPDATE schema_version SET version = 99'),
        ),
      )
      const later = yield* Effect.flip(ask(run, 'FROM verdicts'))
      assert.match(later.message, /has schema version 99, [^\n]+$/)
    }),
  )
})

describe('spanwise query', () => {
  const sql = `SELECT key, reason, count(*) OVER () AS n, 'a|"b"' AS q FROM verdicts ORDER BY key, agent`

  it.effect('lays out a table of more rows than a call takes arguments', () =>
    Effect.gen(function* () {
      const run = yield* newRun()
      const rows = limitRows(yield* runQuery(run, 'SELECT range AS n FROM range(150000)'), 0)
      const text = yield* Stream.mkString(formatRows('table', rows, {}))
      assert.strictEqual(text.split('\n').at(-2), '149999')
    }).pipe(Effect.scoped),
  )

  it.effect('lays rows out as CSV, Markdown and a table', () =>
    Effect.gen(function* () {
      const run = yield* newRun()
      const text = (format: Format, limit: number) =>
        Effect.scoped(
          Effect.gen(function* () {
            const rows = limitRows(yield* runQuery(run, sql), limit)
            return [yield* Stream.mkString(formatRows(format, rows, {})), rows.more()]
          }),
        )
      assert.deepStrictEqual(yield* text('csv', 0), [
        ['key,reason,n,q', ...['a,', 'a,', 'b,', 'c,missing'].map((row) => `${row},4,"a|""b"""`), ''].join(
          '\r\n',
        ),
        false,
      ])
      assert.deepStrictEqual(yield* text('markdown', 1), [
        '| key | reason | n | q |\n| --- | --- | --- | --- |\n| a |  | 4 | a\\|"b" |\n',
        true,
      ])
      assert.deepStrictEqual(yield* text('table', 3), [
        `key  reason  n  q\n---  ------  -  -----\n${['a', 'a', 'b'].map((key) => `${key}            4  a|"b"\n`).join('')}`,
        true,
      ])
    }),
  )

  it.effect('prints JSON, one line for what is wrong, and the documentation of everything', () =>
    Effect.gen(function* () {
      const run = yield* newRun()
      const query = (...args: ReadonlyArray<string>) => spanwise(run, 'query', ...args)
      const [json, wrong, schema] = yield* Effect.all(
        [query(sql, '--run', '.', '--json', '--limit', '2'), query('SELCT', '--run', '.'), query('--schema')],
        { concurrency: 3 },
      )
      const row = { key: 'a', reason: null, n: 4, q: 'a|"b"' }
      assert.deepStrictEqual(JSON.parse(json.out), {
        source: 'part files',
        because: 'no curation.duckdb yet',
        columns: Object.keys(row).map((name) => ({ name, type: name === 'n' ? 'BIGINT' : 'VARCHAR' })),
        rows: [row, row],
        more: true,
      })
      assert.strictEqual(json.err, '')
      assert.match(wrong.err, /^spanwise: query: Parser Error: [^\n]+\n$/)
      assert.deepStrictEqual(
        [json, wrong, schema].map(({ code }) => code),
        [0, 2, 0],
      )
      for (const { name, columns } of relations)
        for (const word of [name, ...Object.keys(columns)]) assert.include(schema.out, word)
    }),
  )
})
