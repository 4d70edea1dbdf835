import {
  existsSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Effect } from 'effect'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type {
  Folds,
  Histogram,
  Mask,
  Page,
  Queue,
  Runs,
  SampleDetail,
  ViewInput,
} from '../../studio/api/index.ts'
import { inTime } from '../../studio/table/ask.ts'
import { type OpenStudio, openStudio, token } from './open-studio.ts'
import { hostile, smallRun } from './small-run.ts'

let root: string
let studio: OpenStudio
const run = '/api/runs/small'
const bearer = { authorization: `Bearer ${token}` }
const of = (view: ViewInput) => `view=${encodeURIComponent(JSON.stringify(view))}`
const pageOf = (view: ViewInput, more = '') => studio.get<Page>(`${run}/table?${of(view)}${more}`)
const cells = async (column: string, view: ViewInput) => {
  const { columns, rows } = await pageOf({ ...view, columns: ['sample', column] })
  return rows.map((row) => row[columns.findIndex(({ name }) => name === column)])
}
const keyOf = async (query: string): Promise<string> => {
  const { rows } = await pageOf({
    filters: [{ op: 'in', column: 'query', values: [query] }],
    columns: ['key'],
  })
  return String(rows[0]![0])
}

beforeAll(async () => {
  root = await smallRun()
  studio = await openStudio({ folder: join(root, 'runs', 'small'), also: [join(root, 'runs')] })
}, 60_000)
afterAll(async () => {
  await studio.close()
  rmSync(root, { recursive: true })
})

describe('the table of verdicts', () => {
  it('has a page, its columns and the number of all rows', async () => {
    expect((await studio.get<Runs>('/api/runs')).home).toBe('small')
    const page = await pageOf({ columns: ['query', 'verdict'] }, '&limit=2&offset=1')
    expect(page.columns.map(({ name }) => name)).toEqual(['key', 'query', 'verdict'])
    expect(page.rows.map((row) => row.slice(1))).toEqual([
      [hostile, 'partial'],
      ['a person sits down', 'partial'],
    ])
    expect(page.total).toBe(5)
  })

  it('filters by values, numbers, text and SQL, and sorts', async () => {
    const q = (view: ViewInput) => cells('query', view)
    expect(await q({ filters: [{ op: 'contains', column: 'query', text: 'PERSON' }] })).toEqual([
      'a person waves',
      'a person sits down',
    ])
    expect(await q({ filters: [{ op: 'in', column: 'query', values: ["it's raining", null] }] })).toEqual([
      "it's raining",
    ])
    expect(await q({ where: "query LIKE '%sits%' -- and a comment" })).toEqual(['a person sits down'])
    expect(await q({ filters: [{ op: 'between', column: 'mean_iou', min: 0.9, max: null }] })).toEqual([])
    expect((await q({ sort: [{ column: 'query', descending: true }] }))[0]).toBe("it's raining")
  })

  it('answers one request though others of the same moment are given up', async () => {
    const { url } = studio
    const ask = (condition: string, signal?: AbortSignal) =>
      fetch(new URL(`${run}/table?${of({ where: condition })}`, url), {
        headers: bearer,
        ...(signal === undefined ? {} : { signal }),
      })
    for (let i = 0; i < 30; i++) {
      const control = new AbortController()
      const given = ask(`query <> 'given up ${i}'`, control.signal).catch(() => null)
      const kept = [1, 2].map((j) => ask(`query <> 'kept ${i} ${j}'`))
      await sleep(i % 6)
      control.abort()
      for (const { status } of await Promise.all(kept)) expect(status).toBe(200)
      await given
    }
  })

  it('draws a number and lists the values of a column', async () => {
    const histogram = await studio.get<Histogram>(`${run}/histogram?column=mean_iou&bins=4`)
    expect(histogram.counts.reduce((sum, count) => sum + count)).toBe(5 - histogram.missing)
    const values = await studio.get<{ values: unknown }>(`${run}/values?column=verdict`)
    expect(values.values).toContainEqual({ value: 'partial', count: 4 })
    expect((await studio.raw(`${run}/histogram?column=query`, bearer)).status).toBe(400)
  })

  it('gives the query of a view as spanwise query takes it', async () => {
    const { sql } = await studio.get<{ sql: string }>(
      `${run}/sql?${of({ where: 'difficulty > 0.1', columns: ['query'], sort: [{ column: 'score', descending: true }] })}`,
    )
    expect(sql).toBe(
      'SELECT "key", "query"\nFROM "samples"\nWHERE (difficulty > 0.1\n)\nORDER BY "score" DESC NULLS LAST, "key"',
    )
  })

  it('exports every row of a view, in three formats', async () => {
    const view = of({ columns: ['query', 'windows'], where: "query LIKE 'a person%'" })
    const file = (format: string) => studio.raw(`${run}/export?format=${format}&${view}`, bearer)
    const csv = await file('csv')
    expect(csv.headers['content-disposition']).toBe('attachment; filename="small.csv"')
    expect(csv.text.split('\r\n')[0]).toBe('key,query,windows')
    expect(csv.text.trim().split('\r\n')).toHaveLength(3)
    const rows = (await file('jsonl')).text.trim().split('\n')
    expect(rows.map((row) => JSON.parse(row).windows)).toEqual([[[1, 4]], [[1, 4]]])
    expect((await file('parquet')).bytes.subarray(0, 4).toString()).toBe('PAR1')
    expect((await file('exe')).status).toBe(400)
    const broken = await studio.raw(`${run}/export?${of({ where: 'nothing > 1' })}`, bearer)
    expect(broken.status).toBe(422)
  })

  it('orders the queue by uncertainty, and says how many are left', async () => {
    const { items, left } = await studio.get<Queue>(`${run}/queue?reviewer=ada`)
    expect(left).toBe(4)
    const uncertainties = items.map(({ uncertainty }) => uncertainty)
    expect(uncertainties).toEqual(uncertainties.toSorted((a, b) => b - a))
  })
})

describe('SQL from a page', () => {
  it.each([
    "key IN (SELECT content FROM read_text('/etc/passwd'))",
    "key IN (SELECT file FROM glob('/etc/*'))",
    "key IN (SELECT filename FROM read_csv('/etc/passwd', filename = true))",
    "key IN (SELECT name FROM parquet_schema('/etc/passwd'))",
    'TRUE; DROP TABLE samples',
    'TRUE) UNION SELECT (key',
    '1) LIMIT (1',
    '1) ORDER BY (1',
    "TRUE); COPY samples TO 'stolen.csv'; SELECT (1",
    "TRUE); ATTACH 'stolen.db'; SELECT (1",
    'TRUE); SET enable_external_access = true; SELECT (1',
    'TRUE); INSTALL httpfs; SELECT (1',
    'key = $1',
    '',
    "query = '",
    'nothing > 1',
    'duration > 1e999',
    // Ends the process: it finds no way to its folder.
    "EXISTS (FROM enable_logging(storage := 'file', storage_path := 'logs'))",
    "EXISTS (FROM Main.Enable_Logging('QueryLog', storage := 'stdout'))",
    "EXISTS (SELECT 1 FROM samples JOIN (FROM query('FROM enable_profiling()')) ON TRUE)",
    'EXISTS (WITH a AS (FROM force_checkpoint()) FROM a)',
    "EXISTS (FROM json_execute_serialized_sql(json_serialize_sql('SELECT 1')))",
    "EXISTS (FROM duckdb_settings() WHERE name = 'temp_directory')",
    "write_log('x') IS NULL",
    'sleep_ms(60000) IS NULL',
    // One value of eight gigabytes, which no limit of DuckDB counts.
    'len(range(1000000000)) > 1',
    "length(repeat(repeat('x', 60000), 60000)) > 1",
    "query = 'a\0b' OR (",
  ])('that is no plain condition, or reads files, is refused: %s', async (where) => {
    const { status, text } = await studio.raw(`${run}/table?${of({ where })}`, bearer)
    expect(status).toBe(422)
    expect(JSON.parse(text).error).not.toContain('root:')
    expect((await pageOf({})).total).toBe(5)
  })

  it('may hold subqueries and functions that only read', async () => {
    for (const where of [
      'query IN (SELECT query FROM samples)',
      "EXISTS (FROM range(3) t(i) WHERE i = 2) AND length(query) > 0 AND (query <> 'x' OR windows[1][1] > 0)",
      'EXISTS (FROM unnest(windows))',
    ])
      expect([where, (await pageOf({ where })).total]).toEqual([where, 5])
  })

  it('that hears of no interruption is answered in time', async () => {
    const refused = await Effect.runPromise(
      Effect.flip(inTime(Effect.uninterruptible(Effect.never), '20 millis')),
    )
    expect(refused).toMatchObject({ status: 503 })
  })

  it('names no column, table or number that is not there', async () => {
    for (const view of [
      { relation: 'evidence' },
      { relation: 'samples; DROP TABLE samples' },
      { columns: ['a" FROM samples; --'] },
      { sort: [{ column: '1; --', descending: true }] },
      { filters: [{ op: 'between', column: 'mean_iou', min: '0); --', max: null }] },
      { filters: [{ op: 'between', column: 'query', min: 0, max: null }] },
    ])
      expect(
        (await studio.raw(`${run}/table?view=${encodeURIComponent(JSON.stringify(view))}`, bearer)).status,
      ).toBe(400)
    for (const more of ['limit=501', 'limit=x', 'offset=-1', 'view=x'])
      expect((await studio.raw(`${run}/table?${more}`, bearer)).status).toBe(400)
  })
})

describe('one sample', () => {
  it('has the lanes of both agents and every exchange, with what was read', async () => {
    const detail = await studio.get<SampleDetail>(`${run}/samples/${await keyOf('a person waves')}`)
    const lane = (kind: string) => detail.lanes.filter((one) => one.kind === kind)
    expect(lane('annotated')[0]!.intervals).toEqual([{ start: 1, end: 4 }])
    expect(lane('proposals')[0]!.intervals).toEqual([{ start: 6, end: 8, votes: 1, yes: 1, accepted: true }])
    expect(lane('verified')[0]!.intervals).toEqual([{ start: 6, end: 8 }])
    expect(lane('rollout').map(({ iou }) => iou)).toEqual([2 / 3, 2 / 3, 2 / 3])
    expect(lane('frames')[0]!.ticks).toHaveLength(4)
    const { replies } = detail.exchanges.find(({ title }) => title === 'reflect')!
    const [reply] = replies
    expect(reply!.read).toBe('6.0 to 8.0 s')
    expect(reply!.spans.map(({ from, to, kind }) => [kind, reply!.text.slice(from, to)])).toEqual([
      ['answer', '6.0 to 8.0'],
      ['window', '6.0 to 8.0'],
    ])
    expect(detail.siblings).toHaveLength(3)
  })

  it('has hostile text as it is, in JSON that no browser takes for a page', async () => {
    const key = await keyOf(hostile)
    const { headers, text } = await studio.raw(`${run}/samples/${key}`, bearer)
    expect(headers['content-type']).toBe('application/json')
    expect(headers['x-content-type-options']).toBe('nosniff')
    expect(JSON.parse(text).query).toBe(hostile)
  })

  it('has its video by range, as players ask for it, and its frames', async () => {
    const path = `${run}/samples/${await keyOf('a person waves')}`
    const file = await readFile(join(root, 'videos', 'good.mp4'))
    const whole = await studio.raw(`${path}/video`, bearer)
    expect([whole.status, whole.headers['content-type']]).toEqual([200, 'video/mp4'])
    expect(whole.bytes.equals(file)).toBe(true)
    for (const [range, from, to] of [
      ['bytes=0-', 0, file.length],
      ['bytes=5-9', 5, 10],
      ['bytes=-7', file.length - 7, file.length],
      [`bytes=10-${file.length + 99}`, 10, file.length],
    ] as const) {
      const part = await studio.raw(`${path}/video`, { ...bearer, range })
      expect([part.status, part.headers['content-range']]).toEqual([
        206,
        `bytes ${from}-${to - 1}/${file.length}`,
      ])
      expect(part.bytes.equals(file.subarray(from, to))).toBe(true)
    }
    const beyond = await studio.raw(`${path}/video`, { ...bearer, range: `bytes=${file.length}-` })
    expect(beyond.status).toBe(416)
    const frame = await studio.raw(`${path}/frame?time=2.5&width=32`, bearer)
    expect([frame.status, frame.headers['content-type']]).toEqual([200, 'image/jpeg'])
    expect(frame.bytes.subarray(0, 2).toString('hex')).toBe('ffd8')
  })

  it('answers HEAD like GET, without a body, and leaves no file open', async () => {
    const video = `${run}/samples/${await keyOf('a person waves')}/video`
    const descriptors = '/proc/self/fd'
    const opened = () =>
      readdirSync(descriptors).filter((one) => {
        const file = join(descriptors, one)
        return existsSync(file) && readlinkSync(file).endsWith('good.mp4')
      })
    for (const path of ['/api/runs', `${run}/table`, video, '/api/events', `${run}/nothing`]) {
      const head = await studio.raw(path, bearer, 'HEAD')
      expect([path, head.status, head.bytes.length]).toEqual([path, path.endsWith('nothing') ? 404 : 200, 0])
    }
    const [head, whole] = [await studio.raw(video, bearer, 'HEAD'), await studio.raw(video, bearer)]
    expect(head.headers['content-length']).toBe(String(whole.bytes.length))
    expect(head.headers['accept-ranges']).toBe('bytes')
    // The file of a GET is closed shortly after its last byte was sent.
    if (existsSync(descriptors)) await expect.poll(opened, { timeout: 30_000 }).toEqual([])
    expect((await studio.raw('/api/runs', {}, 'HEAD')).status).toBe(401)
  })

  it('has the frames that a training hides at a step, which fall to none', async () => {
    const key = await keyOf('a person waves')
    const sample = {
      ...{ id: 's', dataset: 'jsonl', split: 'train', task: 'grounding', video: 'good', file: 'good.mp4' },
      ...{ duration: 10, query: 'a person waves', windows: [[1, 4]] },
      curation: {
        ...{ key, decision: 'keep', weight: 1, meanIou: 0.1, difficulty: 0.9, band: 'hard' },
        ...{ partialScore: null, annotated: [[1, 4]] },
      },
    }
    const training = join(root, 'runs', 'train')
    mkdirSync(training)
    writeFileSync(join(training, 'train.jsonl'), `${JSON.stringify(sample)}\n`)
    const options = { seed: 1, steps: 10, mask: { start: 1, until: 0.5, margin: 0.5 } }
    const view = { fps: 2, frames: 32, minFrames: 1, maxPixels: 4096, visionTokens: 3584 }
    const provenance = { data: join(training, 'train.jsonl') }
    writeFileSync(
      join(training, 'run.json'),
      JSON.stringify({ kind: 'curriculum', settings: { options, view }, provenance }),
    )
    writeFileSync(join(training, 'rollouts.jsonl'), '')
    await sleep(600)
    const hidden = async (step: number) =>
      (await studio.get<Mask>(`/api/runs/train/mask?key=${key}&step=${step}`)).frames
        .filter((frame) => frame.hidden)
        .map(({ time }) => time)
    const [first, later] = [await hidden(0), await hidden(3)]
    expect(first.length).toBeGreaterThan(later.length)
    expect(later.length).toBeGreaterThan(0)
    // What a step shows, every later step shows too; the window and its margin are always shown.
    expect(later.filter((time) => !first.includes(time))).toEqual([])
    expect(first.filter((time) => time >= 0.5 && time <= 4.5)).toEqual([])
    expect(await hidden(5)).toEqual([])
    const { lanes } = await studio.get<SampleDetail>(`${run}/samples/${key}?training=train&step=0`)
    expect(lanes.filter(({ kind }) => kind === 'masked').map(({ label }) => label)).toEqual([
      'hidden by train at step 0',
    ])
    expect((await studio.raw(`/api/runs/train/mask?key=nobody&step=0`, bearer)).status).toBe(404)
  })

  it('comes from folds whose state is shown', async () => {
    const { agents } = await studio.get<Folds>(`${run}/folds`)
    expect(agents.map(({ agent, folds }) => [agent, folds[0]!.state, folds[0]!.done])).toEqual([
      ['bra', 'done', 5],
      ['dea', 'done', 5],
    ])
  })

  it('does not serve what a link has led to since the video was found', async () => {
    const videos = join(root, 'videos')
    const own = await openStudio({ folder: join(root, 'runs', 'small'), videos: { jsonl: videos } })
    const path = `${run}/samples/${await keyOf('a person waves')}/video`
    expect((await own.raw(path, bearer)).status).toBe(200)
    renameSync(join(videos, 'good.mp4'), join(root, 'kept.mp4'))
    expect((await own.raw(path, bearer)).status).toBe(404)
    symlinkSync(join(videos, 'link.mp4'), join(videos, 'good.mp4'))
    const led = await own.raw(path, bearer)
    expect([led.status, JSON.parse(led.text).error]).toEqual([
      404,
      'the video is outside the folder of its dataset',
    ])
    renameSync(join(root, 'kept.mp4'), join(videos, 'good.mp4'))
    expect((await own.raw(path, bearer)).status).toBe(200)
    await own.close()
  })

  it('does not serve what a link in the folder of videos leads out to', async () => {
    const path = `${run}/samples/${await keyOf('a link out of the folder')}`
    const { video } = await studio.get<SampleDetail>(path)
    expect(video).toMatchObject({ found: false, problem: 'the video is outside the folder of its dataset' })
    for (const file of ['video', 'frame?time=0', 'strip']) {
      const { status, text } = await studio.raw(`${path}/${file}`, bearer)
      expect([status, text.includes('secret')]).toEqual([404, false])
    }
  })

  it.each([
    '/api/runs/..%2fsmall/table',
    '/api/runs/%2e%2e/table',
    '/api/runs/nothing/table',
    `${run}/samples/..%2f..%2fetc%2fpasswd`,
    `${run}/samples/..%2f..%2fetc%2fpasswd/video`,
    `${run}/samples/%3Cscript%3E`,
    `${run}/samples/'%20OR%20TRUE`,
    `${run}/nothing`,
  ])('is named by an id and nothing else: %s', async (path) => {
    const { status, headers } = await studio.raw(path, bearer)
    expect([status, headers['content-type']]).toEqual([404, 'application/json'])
  })
})
