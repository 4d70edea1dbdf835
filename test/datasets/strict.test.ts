import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { describe, expect, it } from '@effect/vitest'
import { Effect } from 'effect'
import { catalogue, type DatasetReading } from '../../datasets/index.ts'
import { cpuTime } from '../support/cpu-time.ts'
import { jsonLines, readFrom } from './fixture.ts'

const good = { video: 'a.mp4', query: 'x', windows: [[0, 1]] }
const kindsOf = ({ problems }: DatasetReading) => problems.map(({ line, kind }) => [line, kind])
const jsonl = (...rows: ReadonlyArray<unknown>) =>
  readFrom({ 'train.jsonl': jsonLines(...rows) }, 'jsonl', 'train')
const csv = (text: string) => readFrom({ 'train.csv': text }, 'csv', 'train')

/** Reads what a query of DuckDB writes below a folder with an awkward name. */
const parquet = async (query: string, name = 'data') => {
  const folder = join(mkdtempSync(join(tmpdir(), 'spanwise-strict-')), name)
  const { mkdirSync } = await import('node:fs')
  mkdirSync(folder)
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  const connection = await instance.connect()
  await connection.run(`COPY (${query}) TO '${folder.replaceAll("'", "''")}/train.parquet' (FORMAT parquet)`)
  connection.closeSync()
  instance.closeSync()
  return Effect.runPromise(catalogue.parquet!.read(folder, 'train'))
}

describe('one bad row', () => {
  it.each([
    [
      'half a surrogate pair in the query',
      '{"video":"b","query":"a\\ud800"}',
      /query: contains half of a surrogate pair/,
    ],
    [
      'the same in an option',
      '{"video":"b","query":"q","options":["\\udc00","y"]}',
      /options\[0\]: contains half/,
    ],
    ['the same in a key of meta', '{"video":"b","query":"q","meta":{"\\ud800":1}}', /surrogate/],
    ['a NUL in the file', '{"video":"b\\u0000","query":"q"}', /video: contains a NUL/],
    [
      '200 000 levels',
      `{"video":"b","query":"q","meta":${'['.repeat(200_000)}${']'.repeat(200_000)}}`,
      /nested deeper than 100/,
    ],
    ['200 000 levels of maps', `${'{"a":'.repeat(200_000)}1${'}'.repeat(200_000)}`, /nested/],
    ['a field of the wrong type', '{"video":3.5,"query":["q"]}', /^(video|query): expected text, found/],
    ['a number in place of the row', '7', /expected a map of fields, found a number/],
    ['an absent field', '{"video":"b"}', /^query is missing$/],
    ['white space for a query', '{"video":"b","query":" \\n "}', /query is empty or only white space/],
    ['a number beyond doubles', '{"video":"b","query":"q","duration":1e999}', /duration/],
    [
      'the same key twice',
      '{"video":"b","query":"q","windows":[[0,1]],"windows":[[3,4]]}',
      /the key "windows" occurs twice/,
    ],
    ['a long line', `{"video":"b","query":"${'x'.repeat(17 << 20)}"}`, /the line is longer than/],
    [
      'a long query',
      `{"video":"b","query":"${'x'.repeat(70_000)}"}`,
      /query: expected at most 65536 characters/,
    ],
  ])('with %s is named and the others are read', async (_, row, message) => {
    const reading = await jsonl(good, row, { ...good, query: 'y' })
    expect(reading.samples.map(({ query }) => query)).toEqual(['x', 'y'])
    expect(reading.rows).toBe(3)
    expect(reading.problems).toHaveLength(1)
    expect(reading.problems[0]).toMatchObject({ line: 2, message: expect.stringMatching(message) })
    expect(reading.problems[0]!.message).not.toMatch(/Invalid input|received|\n/)
  })
})

describe('integers beyond 2^53', () => {
  it('stay apart in JSON and in Parquet, as ids and as answers', async () => {
    const lines = await jsonl(
      '{"id":9007199254740993,"video":"a","query":"x","answer":12345678901234567}',
      '{"id":9007199254740992,"video":"a","query":"x","answer":1}',
    )
    const table = await parquet(
      `SELECT 9007199254740993::BIGINT AS id, 'a' AS video, 'x' AS query, 12345678901234567::BIGINT AS answer
       UNION ALL SELECT 9007199254740992, 'a', 'x', 1`,
    )
    for (const { samples, problems } of [lines, table]) {
      expect(problems).toEqual([])
      expect(samples.map(({ id, answer }) => [id, answer])).toEqual([
        ['9007199254740993', '12345678901234567'],
        ['9007199254740992', '1'],
      ])
    }
  })
})

describe('CSV', () => {
  it('tells a comma in an unquoted cell, rows that are short or long, and reads the others', async () => {
    const reading = await csv(
      'video,start,end,query\na.mp4,1,4,a man runs, then jumps\na.mp4,1,4,"a, b"\na.mp4,1\n\na.mp4,1,4,c,\n',
    )
    expect(reading.samples.map(({ query, windows }) => [query, windows])).toEqual([['a, b', [[1, 4]]]])
    expect(kindsOf(reading)).toEqual([
      [2, 'malformed'],
      [4, 'malformed'],
      [6, 'malformed'],
    ])
  })

  it('tells a quote that is never closed and one inside a cell, and goes on with the next row', async () => {
    const reading = await csv(
      'video,query\na.mp4,"open\nb.mp4,x\nc.mp4,say "hi"\nd.mp4,"two\nlines"\ne.mp4,"y"z\nf.mp4,w\n',
    )
    expect(reading.samples.map(({ query }) => query)).toEqual(['x', 'two\nlines', 'w'])
    expect(reading.problems.map(({ line }) => line)).toEqual([2, 4, 7])
  })

  it('with a broken quote in every row takes time like its length', async () => {
    const spent = cpuTime()
    const reading = await csv(`video,query\n${'a.mp4,"x\n'.repeat(5_000)}`)
    expect(reading.problems.length + reading.samples.length).toBeGreaterThan(2_000)
    expect(spent()).toBeLessThan(5_000)
  })

  it.each([
    [
      'lines that end with CR only',
      'video,query\ra.mp4,x\rb.mp4,y\r',
      /train\.csv:1: lines end with CR only/,
    ],
    [
      'a column that is there twice',
      'video,query,query\na.mp4,x,y\n',
      /the header has the column query twice/,
    ],
    ['a header with an open quote', 'video,"query\na.mp4,x\n', /train\.csv:1: unterminated quote/],
  ])('with %s is refused', async (_, text, message) => {
    await expect(csv(text)).rejects.toThrow(message)
  })

  it('takes no text for a number', async () => {
    const reading = await csv(
      'video,query,start,end,duration\na,x,1,two,\nb,x,0x10,20,\nc,x,1e0,+2.5,9\nd,x,1,,\n',
    )
    expect(reading.samples.map(({ windows, duration }) => [windows, duration])).toEqual([[[[1, 2.5]], 9]])
    expect(kindsOf(reading)).toEqual([
      [2, 'malformed'],
      [3, 'malformed'],
      [5, 'malformed'],
    ])
  })
})

describe('unknown fields', () => {
  const meant: ReadonlyArray<readonly [object, string]> = [
    [{ relevant_windows: [[0, 1]] }, 'windows'],
    [{ timestamps: [0, 1] }, 'windows'],
    [{ window: [0, 1] }, 'windows'],
    [{ Windows: [[0, 1]] }, 'windows'],
    [{ Start: 1, End: 2 }, 'start'],
    [{ start_time: 1, end_time: 2 }, 'start'],
    [{ windwos: [[0, 1]] }, 'windows'],
    [{ span: [0, 1] }, 'windows'],
    [{ choices: ['a', 'b'] }, 'options'],
    [{ anwser: 'A' }, 'answer'],
    [{ video_duration: 9 }, 'duration'],
  ]
  it.each(meant)('%j are reported with the field they were meant for', async (fields, field) => {
    const row = { video: 'a.mp4', query: 'x', ...fields }
    for (const reading of [
      await jsonl(row),
      await csv(
        `${Object.keys(row).join(',')}\n${Object.values(row)
          .map((one) => `"${JSON.stringify(one).replaceAll('"', '""')}"`)
          .join(',')}\n`,
      ),
    ]) {
      expect(reading.samples).toEqual([])
      expect(reading.problems[0]).toMatchObject({
        kind: 'unknown-field',
        message: expect.stringMatching(new RegExp(`did you mean ${field}\\?`)),
      })
    }
  })

  it.each([
    [{ fenster: [[1, 4]] }, /"fenster": did you mean windows\?/],
    [{ time_range: [1, 4] }, /"time_range": did you mean windows\?/],
    [{ start_ms: 1000, end_ms: 4000 }, /"start_ms": did you mean start\? \(in seconds\)/],
    [{ clipOnset: 1, clipOffset: 4 }, /"clipOnset": did you mean start\? \(in seconds\)/],
  ])('%j are reported by what their values look like', async (fields, message) => {
    const { samples, problems } = await jsonl({ video: 'a.mp4', query: 'x', ...fields })
    expect(samples).toEqual([])
    expect(problems[0]).toMatchObject({ kind: 'unknown-field', message: expect.stringMatching(message) })
  })

  it('with a pair of numbers that is no window, or beside windows, are kept', async () => {
    const { samples, problems } = await jsonl(
      { video: 'a.mp4', query: 'x', resolution: [640, 480] },
      { ...good, raw_span: [1, 4], end_frame: 90 },
    )
    expect(problems).toEqual([])
    expect(samples.map(({ meta }) => meta)).toEqual([
      { resolution: [640, 480] },
      { raw_span: [1, 4], end_frame: 90 },
    ])
  })

  it('that mean nothing else are kept in meta and told once', async () => {
    const reading = await jsonl(
      { ...good, source: 'film' },
      { ...good, source: 'tv', meta: { grade: 1 }, timestamps: [0] },
    )
    expect(reading.problems).toEqual([])
    expect(reading.samples.map(({ meta }) => meta)).toEqual([
      { source: 'film' },
      { source: 'tv', timestamps: [0], grade: 1 },
    ])
    expect(reading.notices.map(({ line, message }) => [line, message])).toEqual([
      [1, 'field source is kept in meta'],
      [2, 'field timestamps is kept in meta'],
    ])
  })
})

it('what a message quotes from a file stays one plain line', async () => {
  const escape = '\u001b[31m'
  const reading = await jsonl({
    [`time\n${escape}stamps`]: 1,
    video: 'a',
    query: 'x',
    task: 'choice',
    options: ['p', 'q'],
    answer: `p\nq${escape}`,
  })
  expect(reading.problems[0]?.message).toMatch(/^answer: "p\\nq/)
  const kind = {
    problem_id: 1,
    problem: 'x',
    data_type: `a\n${escape}picture`,
    problem_type: 'OCR',
    solution: 'y',
    path: 'z',
  }
  const video = await readFrom({ 'Video-R1-260k.json': [kind] }, 'video_r1', 'train')
  expect(video.problems.map(({ message }) => message)).toEqual(['data_type: a picture'])
  const durations = {
    'train.json': { a: { duration: 1, timestamps: [], sentences: [] } },
    'durations.json': { 'a\nb': 'long' },
  }
  await expect(readFrom(durations, 'anet', 'train', { cleaning: 'videomind' })).rejects.toThrow(
    /durations\.json: a b: expected a number, found text/,
  )
})

it('answers are checked against the task', async () => {
  const choice = { video: 'a.mp4', query: 'x', options: ['sit', 'stand'] }
  const reading = await jsonl(
    { ...choice, answer: 'stand' },
    { ...choice, answer: 'E' },
    { ...choice, answer: 'b' },
    { ...choice, options: ['sit', 'sit'], answer: 'A' },
    { video: 'a.mp4', query: 'x', task: 'counting', answer: '3 times' },
    { video: 'a.mp4', query: 'x', task: 'counting', answer: 2.5 },
    { ...choice, answer: 'B' },
    { video: 'a.mp4', query: 'x', task: 'counting', answer: 2 },
  )
  expect(reading.samples.map(({ answer }) => answer)).toEqual(['A', 'B', '2'])
  expect(kindsOf(reading)).toEqual([
    [1, 'mismatch'],
    [2, 'mismatch'],
    [3, 'mismatch'],
    [4, 'duplicate-option'],
    [5, 'mismatch'],
    [6, 'malformed'],
  ])
})

it('a byte order mark does not matter, in any form', async () => {
  const mark = '\ufeff'
  const row = JSON.stringify(good)
  const caption = { duration: 3, timestamps: [[0, 1]], sentences: ['x'] }
  for (const reading of [
    await readFrom({ 'train.jsonl': mark + row }, 'jsonl', 'train'),
    await readFrom({ 'train.csv': `${mark}video,query\na.mp4,x\n` }, 'csv', 'train'),
    await readFrom({ 'train.json': mark + JSON.stringify({ v: caption }) }, 'anet', 'train'),
    await readFrom(
      { 'charades_sta_train.txt': `${mark}AO8RW 0.0 6.9##x`, 'durations.json': `${mark}{"AO8RW": 30}` },
      'charades',
      'train',
    ),
  ]) {
    expect(reading.problems).toEqual([])
    expect(reading.samples.map(({ query }) => query)).toEqual(['x'])
  }
})

it('files of every usual suffix and absolute paths are files', async () => {
  const names = [
    'clip.m4v',
    'clip.ts',
    'clip.GIF',
    'clip.mpg',
    'clip.m2ts',
    'clip.mov',
    '/data/clip.mkv',
    'v_0.0_150.0',
  ]
  const { samples } = await jsonl(...names.map((video) => ({ video, query: 'x' })))
  expect(samples.map(({ file }) => file)).toEqual([...names.slice(0, -1), 'v_0.0_150.0.mp4'])
  expect(samples.map(({ video }) => video)).toEqual([...Array(6).fill('clip'), '/data/clip', 'v_0.0_150.0'])
})

it.each(['lr=1e-5', 'q?', 'a*b', '[x]', "it's"])(
  'Parquet below a folder %j is read as it is',
  async (name) => {
    const { samples, problems } = await parquet(`SELECT 'a' AS video, 'x' AS query`, name)
    expect(problems).toEqual([])
    expect(samples.map(({ query, meta }) => [query, meta])).toEqual([['x', undefined]])
  },
)

it('a number that is not finite is a problem of its own row, and changes no other text', async () => {
  const reading = await parquet(
    `SELECT 'a' AS video, 'say nan, inf' AS query, 'nan'::DOUBLE AS duration
     UNION ALL SELECT 'b', 'nan, too', 3.0`,
  )
  expect(kindsOf(reading)).toEqual([[1, 'malformed']])
  expect(reading.samples.map(({ query }) => query)).toEqual(['nan, too'])
})

describe('a file that is not UTF-8', () => {
  const table = 'video,query,start,end\na.mp4,x,0,1\n'
  const line = `${JSON.stringify(good)}\n`
  const utf16 = (text: string) => Buffer.from(text, 'utf16le')
  it.each([
    ['UTF-16 with a mark', 'csv', utf16(`\ufeff${table}`)],
    ['UTF-16 without one', 'csv', utf16(table)],
    ['big-endian UTF-16', 'csv', utf16(`\ufeff${table}`).swap16()],
    ['UTF-16 as Excel and PowerShell write it', 'jsonl', utf16(`\ufeff${line}`)],
    ['UTF-32', 'jsonl', Buffer.from(`\ufeff${line}`.split('').flatMap((sign) => [...utf16(sign), 0, 0]))],
  ])('%s is refused by its name', async (_, form, bytes) => {
    const failure = await readFrom({ [`train.${form}`]: bytes }, form, 'train').catch(String)
    expect(String(failure)).toMatch(/train\.\w+: is UTF-16 or UTF-32 text; save it as UTF-8/)
  })
})

it.each([
  ['\u200b', /query is empty/],
  ['\u00a0\ufeff\u2060', /query is empty/],
])('a query of marks that do not show, %j, is empty', async (query, message) => {
  expect((await jsonl({ ...good, query })).problems[0]?.message).toMatch(message)
})

it.each([
  ['clips/', /video: "clips\/" is a folder; name a file/],
  ['https://example.org/a.mp4', /is an address; fetch the video/],
  ['s3://bucket/a.mp4', /is an address; fetch the video/],
])('%s is no video file', async (video, message) => {
  const { samples, problems } = await jsonl({ ...good, video })
  expect(samples).toEqual([])
  expect(problems[0]?.message).toMatch(message)
})

it('options that differ by white space alone are the same', async () => {
  const { problems } = await jsonl({ video: 'a.mp4', query: 'x', options: ['y', ' y '], answer: 'A' })
  expect(problems[0]).toMatchObject({ kind: 'duplicate-option' })
})

it('a file that is not there is named in words, not as a pattern', async () => {
  const failure = await Effect.runPromise(Effect.flip(catalogue.csv!.read('package.json', 'all')))
  expect(failure.problem).toMatch(/holds no all\.csv or any file \*\.csv \(plain or \.gz\)/)
})
