import { appendFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type {
  Decide,
  Decided,
  Decisions,
  Histogram,
  Page,
  Queue,
  Sql,
  Values,
} from '../../studio/api/index.ts'
import { spanwiseHere } from '../cli/command-line.ts'
import { type OpenStudio, openStudio, token } from './open-studio.ts'
import { smallRun } from './small-run.ts'

let root: string
let studio: OpenStudio
const run = '/api/runs/small'
let keys: ReadonlyMap<string, string>
const key = (query: string) => keys.get(query)!
const bearer = { authorization: `Bearer ${token}` }

const decide = async (reviewer: string, query: string, more: Partial<Decide>): Promise<Decided> => {
  const { status, text } = await studio.post(`${run}/decisions`, { reviewer, key: key(query), ...more })
  if (status !== 200) throw new Error(`${status} ${text}`)
  return JSON.parse(text)
}
const undo = async (reviewer: string, query?: string): Promise<Decided> =>
  JSON.parse(
    (await studio.post(`${run}/undo`, { reviewer, ...(query === undefined ? {} : { key: key(query) }) }))
      .text,
  )
const all = () => studio.get<Decisions>(`${run}/decisions`)
const curate = async (...more: ReadonlyArray<string>) => {
  const { code, out, err } = await spanwiseHere(
    ...[root, 'curate', '--run', 'runs/small', '--select', 'random', '--share', '1', '--json', ...more],
  )
  return { code, err, summary: code === 0 ? JSON.parse(out) : null }
}
const trained = async () => {
  const { out } = await spanwiseHere(
    root,
    'query',
    'SELECT "query", decision, windows, reason FROM curated WHERE selected ORDER BY "query"',
    ...['--run', 'runs/small', '--json'],
  )
  return JSON.parse(out).rows
}

beforeAll(async () => {
  root = await smallRun()
  studio = await openStudio({ folder: join(root, 'runs', 'small') })
  const { rows } = await studio.get<Page>(`${run}/table?view={"columns":["query"]}`)
  keys = new Map(rows.map(([one, query]) => [String(query), String(one)]))
}, 60_000)
afterAll(async () => {
  await studio.close()
  rmSync(root, { recursive: true })
})

describe('decisions of reviewers', () => {
  it('are kept in one log each, and can be taken back one by one', async () => {
    await decide('ada', 'a person waves', { decision: 'accept' })
    const repaired = await decide('ada', 'a person waves', {
      decision: 'repair',
      windows: [
        [1, 2.5],
        [2, 3],
      ],
    })
    expect(repaired.merged).toMatchObject({ decision: 'repair', windows: [[1, 3]], reviewers: ['ada'] })
    expect(repaired.decision).toMatchObject({ before: [[1, 4]], after: [[1, 3]] })
    expect((await undo('ada')).decision).toMatchObject({ decision: 'accept' })
    expect(await undo('ada', 'a person waves')).toMatchObject({ decision: null, merged: null })
    expect((await undo('ada')).key).toBe(null)
    const logs = readdirSync(join(root, 'runs', 'small', 'reviews'))
    expect(logs).toEqual(['ada.jsonl'])
    // Nothing was removed: two decisions and two lines that take them back.
    expect(
      readFileSync(join(root, 'runs', 'small', 'reviews', 'ada.jsonl'), 'utf8').split('\n'),
    ).toHaveLength(5)
  })

  it('outlive a line that a kill cut off', async () => {
    const log = join(root, 'runs', 'small', 'reviews', 'ada.jsonl')
    appendFileSync(log, '{"id":"x","at":1,"revie')
    await decide('ada', "it's raining", { decision: 'reject', note: 'no rain to be seen' })
    expect((await all()).counts).toEqual({ reject: 1 })
    expect((await undo('ada')).key).toBe(key("it's raining"))
  })

  it.each([
    [{ decision: 'repair' }, 400],
    [{ decision: 'accept', windows: [[1, 2]] }, 400],
    [{ decision: 'repair', windows: [[3, 2]] }, 400],
    [{ decision: 'repair', windows: [[20, 30]] }, 422],
    [{ decision: 'note' }, 400],
    [{ decision: 'delete' }, 400],
    [{ decision: 'accept', reviewer: '../eve' }, 400],
    [{ decision: 'accept', reviewer: '.hidden' }, 400],
    [{ decision: 'accept', reviewer: 'a/b' }, 400],
    [{ decision: 'accept', reviewer: 'ada.' }, 400],
    [{ decision: 'accept', key: '../../x' }, 404],
    [{ decision: 'accept', key: 'a\0b' }, 404],
    [{ decision: 'accept', more: 1 }, 400],
  ])('are refused where they say nothing clear: %j', async (more, status) => {
    const body = { reviewer: 'ada', key: key('a person waves'), ...more }
    expect((await studio.post(`${run}/decisions`, body)).status).toBe(status)
    expect((await all()).counts).toEqual({})
  })

  it('end where the video ends, in the log of one reviewer however the name is written', async () => {
    const repaired = await decide('  ada ', 'a person waves', { decision: 'repair', windows: [[2, 1e9]] })
    expect(repaired.decision).toMatchObject({ reviewer: 'ada', after: [[2, 10]] })
    expect((await undo('ada ', 'a person waves')).key).toBe(key('a person waves'))
    expect((await all()).counts).toEqual({})
  })

  it('are in the order in which they arrive, however many at once', async () => {
    const kinds = ['accept', 'reject', 'accept', 'reject', 'accept', 'reject'] as const
    await Promise.all(kinds.map((decision) => decide('zoë', 'a person waves', { decision })))
    const log = readFileSync(join(root, 'runs', 'small', 'reviews', 'zoë.jsonl'), 'utf8')
    const times = log
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).at)
    expect(times).toEqual(times.toSorted())
    // The queue takes the name in either Unicode form.
    for (const name of ['zoë', 'zoe\u0308 '])
      expect((await studio.get<Queue>(`${run}/queue?reviewer=${encodeURIComponent(name)}`)).decided).toBe(1)
    for (const _ of kinds) await undo('zoë')
    expect((await all()).counts).toEqual({})
  })

  it('of two reviewers are merged by rule, compared, and go over the agents in curation', async () => {
    const raining = "it's raining"
    await decide('ada', 'a person waves', {
      decision: 'repair',
      windows: [
        [1, 4.5],
        [6, 8],
      ],
    })
    await decide('bob', 'a person waves', { decision: 'accept' })
    await decide('bob', 'a person waves', {
      decision: 'repair',
      windows: [
        [1, 4.5],
        [6, 7.75],
      ],
    })
    await decide('ada', 'a person sits down', { decision: 'reject' })
    await decide('bob', 'a person sits down', { decision: 'reject' })
    await decide('ada', raining, { decision: 'accept' })
    await decide('bob', raining, { decision: 'reject' })
    await decide('bob', raining, { decision: 'note', note: 'wet street only' })

    const { agreement, counts, reviewers, merged } = await all()
    expect(counts).toEqual({ repair: 1, reject: 1, conflict: 1 })
    expect(reviewers.filter(({ decisions }) => decisions > 0)).toEqual([
      { name: 'ada', decisions: 3 },
      { name: 'bob', decisions: 3 },
    ])
    // Keep, reject, keep against keep, reject, reject: observed 2/3, by chance 4/9.
    expect(agreement).toHaveLength(1)
    expect(agreement[0]).toMatchObject({ a: 'ada', b: 'bob', samples: 3, setIou: 5.25 / 5.5 })
    expect(agreement[0]!.kappa).toBeCloseTo((2 / 3 - 4 / 9) / (1 - 4 / 9), 12)
    // Of two that keep a sample, the later one's windows.
    expect(merged.find((one) => one.key === key('a person waves'))?.windows).toEqual([
      [1, 4.5],
      [6, 7.75],
    ])
    const { left, decided } = await studio.get<Queue>(`${run}/queue?reviewer=bob`)
    expect([left, decided]).toEqual([1, 3])
    const page = await studio.get<Page>(
      `${run}/table?view=${encodeURIComponent('{"columns":["query","review","reviewers"],"where":"review = \'conflict\'"}')}`,
    )
    expect(page.rows.map((row) => row.slice(1))).toEqual([[raining, 'conflict', 2]])

    const numbers = await studio.get<Histogram>(`${run}/histogram?column=reviewers&bins=2`)
    expect([numbers.min, numbers.max, numbers.missing]).toEqual([2, 2, 2])
    const found = await studio.get<Values>(`${run}/values?column=review`)
    expect(found.values).toContainEqual({ value: 'conflict', count: 1 })
    const shown = encodeURIComponent('{"columns":["query","review"],"where":"query LIKE \'%rain%\'"}')
    const file = await studio.raw(`${run}/export?format=csv&view=${shown}`, bearer)
    expect(file.text.trim().split('\r\n')).toEqual([
      'key,query,review',
      `${key(raining)},${raining},conflict`,
    ])
    const { sql } = await studio.get<Sql>(`${run}/sql?view=${shown}`)
    const asked = await spanwiseHere(root, 'query', sql, '--run', 'runs/small', '--json')
    expect(JSON.parse(asked.out).rows).toEqual([{ key: key(raining), query: raining, review: 'conflict' }])

    const { summary } = await curate('--action', 'drop')
    expect(summary).toMatchObject({ reviews: { repair: 1, reject: 1, conflict: 1 }, selected: 1 })
    expect(await trained()).toEqual([
      {
        query: 'a person waves',
        decision: 'repair',
        windows: [
          [1, 4.5],
          [6, 7.75],
        ],
        reason: 'review: repair by ada, bob',
      },
    ])
    const card = readFileSync(join(root, 'runs', 'small', 'curated', 'README.md'), 'utf8')
    expect(card).toMatch(/2 people have reviewed samples\./)
    expect(card).toMatch(/\| conflict \| 1 \|/)
  })

  it('are left out on request, which is another curation', async () => {
    const refused = await curate('--action', 'drop', '--reviews', 'ignore')
    expect([refused.code, refused.err]).toEqual([
      2,
      expect.stringMatching(/reviews was "use" and is now "ignore"/),
    ])
    const { summary } = await curate('--action', 'repair', '--reviews', 'ignore', '--replace')
    expect(summary).toMatchObject({ reviews: {}, selected: 4 })
  })

  it('stop curation where a log was damaged by hand, naming the line', async () => {
    writeFileSync(join(root, 'runs', 'small', 'reviews', 'eve.jsonl'), '{"id":"1","at":1,"reviewer":"eve"}\n')
    const { code, err } = await curate('--replace')
    expect([code, err]).toEqual([2, expect.stringMatching(/reviews\/eve\.jsonl:1: /)])
  })
})
