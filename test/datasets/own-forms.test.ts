import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { assert, describe, it } from '@effect/vitest'
import { Effect } from 'effect'
import { catalogue } from '../../datasets/index.ts'
import { jsonLines, readFrom } from './fixture.ts'

/** Reads what a query of DuckDB writes as `train.parquet`. */
const readParquet = async (query: string) => {
  const folder = mkdtempSync(join(tmpdir(), 'spanwise-parquet-'))
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  const connection = await instance.connect()
  try {
    await connection.run(`COPY (${query}) TO '${join(folder, 'train.parquet')}' (FORMAT parquet)`)
    return await Effect.runPromise(catalogue.parquet!.read(folder, 'train'))
  } finally {
    connection.closeSync()
    instance.closeSync()
    rmSync(folder, { recursive: true })
  }
}

describe('Parquet', () => {
  it('reads lists, text that holds JSON, one window as two columns, and keeps other columns', async () => {
    const lists = await readParquet(
      `SELECT 7::BIGINT AS id, 'a.mp4' AS video, 'x, nan, y' AS query, 9.5::FLOAT AS duration,
              [[0.5, 2.0], [3.0, 4.25]]::DOUBLE[][] AS windows, 'film' AS source
       UNION ALL SELECT 8, 'b.mp4', 'y', NULL, NULL, NULL`,
    )
    assert.deepStrictEqual(lists.problems, [])
    assert.deepInclude(lists.samples[0], {
      ...{ id: '7', video: 'a', file: 'a.mp4', query: 'x, nan, y', duration: 9.5 },
      ...{
        windows: [
          [0.5, 2],
          [3, 4.25],
        ],
        meta: { source: 'film' },
      },
    })
    assert.deepInclude(lists.samples[1], { id: '8', duration: null, windows: null })
    const text = await readParquet(
      `SELECT 'a' AS video, 'which' AS query, '[[1, 2]]' AS windows, '["p", "q"]' AS options, 'B' AS answer`,
    )
    assert.deepInclude(text.samples[0], {
      ...{ task: 'grounded-qa', windows: [[1, 2]], options: ['p', 'q'], answer: 'B', file: 'a.mp4' },
    })
    const columns = await readParquet(
      `SELECT 'a' AS video, 'x' AS query, 1 AS start, 2.5::DECIMAL(4, 1) AS "end"`,
    )
    assert.deepStrictEqual(columns.samples[0]?.windows, [[1, 2.5]])
  })

  it('tells rows that do not fit by their number, and files that are none', async () => {
    const { problems } = await readParquet(
      `SELECT * FROM (VALUES ('a', 'x', 1.0::DOUBLE, 2.0::DOUBLE), ('b', 'y', 'nan'::DOUBLE, 2.0), (NULL, 'z', 1.0, 2.0))
       AS rows(video, query, start, "end")`,
    )
    assert.deepStrictEqual(
      problems.map(({ line, kind }) => [line, kind]),
      [
        [2, 'malformed'],
        [3, 'malformed'],
      ],
    )
    const failure = await readFrom({ 'train.parquet': 'PAR0' }, 'parquet', 'train').catch(String)
    assert.match(String(failure), /train\.parquet: cannot be read as Parquet/)
  })
})

describe('cycles and thoughts as columns of their own', () => {
  it('are kept in meta, where counting looks for them', async () => {
    const row = { video: 'a.mp4', query: 'how many squats', answer: 2 }
    const cycles = [
      [0, 8],
      [8, 16],
    ]
    const meta = { cycles, cot: 'one, two' }
    const quoted = (value: unknown) => `"${JSON.stringify(value).replaceAll('"', '""')}"`
    for (const files of [
      { 'train.jsonl': jsonLines({ ...row, ...meta }) },
      {
        'train.csv': `video,query,answer,cycles,cot\na.mp4,how many squats,2,${quoted(cycles)},"one, two"\n`,
      },
    ]) {
      const { samples, problems } = await readFrom(files, 'train.csv' in files ? 'csv' : 'jsonl', 'train')
      assert.deepStrictEqual([samples[0]?.meta, problems], [meta, []])
    }
  })
})

describe('a count with leading zeros', () => {
  it('is that number, and a letter or a text is left alone', async () => {
    const rows = [
      { video: 'a', query: 'how many', answer: '007' },
      { video: 'a', query: 'how many more', answer: '00' },
      { video: 'a', query: 'which number', task: 'open', answer: '007' },
    ]
    const { samples } = await readFrom({ 'train.jsonl': jsonLines(...rows) }, 'jsonl', 'train')
    assert.deepStrictEqual(
      samples.map(({ answer }) => answer),
      ['7', '0', '007'],
    )
  })
})

describe("RepCount's part B", () => {
  it('has counts and no cycles, which is no problem', async () => {
    const { samples, problems } = await readFrom(
      { 'test.csv': 'type,name,count\nsquat,a.mp4,3\n' },
      'repcount',
      'test',
    )
    assert.deepStrictEqual(problems, [])
    assert.deepStrictEqual([samples[0]?.answer, samples[0]?.meta], ['3', { action: 'squat' }])
  })
})

describe("ActRep-R1's lists", () => {
  it('are read by position with or without a header, and as JSON lines of both ages', async () => {
    const csv = 'v1.mp4,train,push_up,12,more\nv2.mp4,val,sit_up,3\nv3.mp4,,jump,4\nv4.mp4,train,jump,many\n'
    for (const content of [csv, `video_id,split,action,count\n${csv}`]) {
      const { samples, problems } = await readFrom({ 'list.csv': content }, 'repcount', 'train')
      assert.deepStrictEqual(
        samples.map(({ id, answer, query, meta }) => [id, answer, query, meta?.action]),
        [
          ['v1', '12', 'How many times is this action repeated: push up?', 'push_up'],
          ['v3', '4', 'How many times is this action repeated: jump?', 'jump'],
        ],
      )
      assert.deepStrictEqual(
        problems.map(({ kind }) => kind),
        ['malformed'],
      )
      const valid = await readFrom({ 'list.csv': content }, 'repcount', 'valid')
      assert.deepStrictEqual(
        valid.samples.map(({ id }) => id),
        ['v2'],
      )
    }
    const lines = jsonLines(
      { video_id: 'v1.mp4', split: 'train', action: 'push_up', gt_count: 12, cot: 'one' },
      { video_id: 'v2.mp4', ground_truth: { action: 'jump', count: 3 } },
      { video_id: 'v3.mp4' },
      { video_id: 'v4.mp4', split: 'tset', action: 'jump', gt_count: 3 },
      { video_id: 'v5.mp4', action: '', gt_count: 3 },
      { video_id: 'v6.mp4', action: 'jump', gt_count: 1.5 },
    ).concat('\n{"video_id":"v7.mp4","action":"jump","gt_count":9007199254740993}\n')
    const { samples, problems } = await readFrom({ 'train.jsonl': lines }, 'repcount', 'train')
    assert.deepStrictEqual(
      samples.map(({ answer, file }) => [answer, file]),
      [
        ['12', 'v1.mp4'],
        ['3', 'v2.mp4'],
      ],
    )
    assert.deepStrictEqual(
      problems.map(({ line, kind }) => [line, kind]),
      [
        [3, 'malformed'],
        [4, 'mismatch'],
        [5, 'malformed'],
        [6, 'malformed'],
        [7, 'malformed'],
      ],
    )
  })

  it('are not confused with another split of TransRAC', async () => {
    const file = 'type,name,count,L1,L2\nsitup,a.mp4,1,3,9\n'
    await readFrom({ 'new_train.csv': file }, 'repcount', 'test').then(
      () => assert.fail('the training file was read'),
      (error) => assert.match(String(error), /holds no new_test\.csv/),
    )
  })
})

it('a key that occurs twice in a map is reported with both lines', async () => {
  const one = '{"duration": 3, "timestamps": [[0, 1]], "sentences": ["x"]}'
  const failure = await readFrom(
    { 'train.json': `{"v_a": ${one},\n"v_b": ${one},\n"v_a": ${one}}` },
    'anet',
    'train',
  ).catch(String)
  assert.match(String(failure), /train\.json:3: the key "v_a" was seen on line 1/)
})
