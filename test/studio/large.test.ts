import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Effect } from 'effect'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { makeRun } from '../../bench/store/make.ts'
import type { Json } from '../../core/index.ts'
import { openDatabase } from '../../store/index.ts'
import type { Page, SampleDetail, ViewInput } from '../../studio/api/index.ts'
import { findRuns } from '../../studio/discovery/find.ts'
import { makeSnapshots } from '../../studio/table/snapshots.ts'
import { type OpenStudio, openStudio } from './open-studio.ts'

let root: string
let studio: OpenStudio
const run = '/api/runs/large'

const page = (view: ViewInput, more = '') =>
  studio.get<Page>(`${run}/table?view=${encodeURIComponent(JSON.stringify(view))}${more}`)

/** The same out of the part files, in DuckDB's own words. */
const direct = (sql: string): Promise<ReadonlyArray<ReadonlyArray<Json>>> =>
  Effect.gen(function* () {
    const database = yield* openDatabase(':memory:')
    for (const agent of ['boundary-reflection', 'difficulty-estimation'])
      yield* database.run(
        `CREATE VIEW ${agent.replace('-', '_')} AS FROM read_parquet('${root}/large/${agent}/*/*.parquet', union_by_name = true)`,
      )
    return (yield* database.rows(sql)).map((row) => Object.values(row))
  }).pipe(Effect.scoped, Effect.runPromise)

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'spanwise-large-'))
  await Effect.runPromise(makeRun(join(root, 'large'), 960, 3))
  writeFileSync(join(root, 'large', 'difficulty-estimation', 'settings.json'), '{}')
  studio = await openStudio({ folder: join(root, 'large') })
}, 60_000)
afterAll(async () => {
  await studio.close()
  rmSync(root, { recursive: true })
})

it('a run of more than 300 part files shows its beginning first, then all of it', async () => {
  const first = await page({})
  expect(first.rows.length).toBeGreaterThan(0)
  while (!(await page({})).ready) await sleep(50)
  const [[samples]] = (await direct(
    'SELECT count(DISTINCT key)::INTEGER AS n FROM (SELECT key FROM boundary_reflection UNION ALL SELECT key FROM difficulty_estimation)',
  )) as [[number]]
  expect((await page({})).total).toBe(samples)
})

it('is read once, however many ask before anything of it is known', async () => {
  const runs = findRuns([join(root, 'large')])
  const folder = mkdtempSync(join(root, 'snapshots-'))
  const taken = Effect.gen(function* () {
    const snapshots = yield* makeSnapshots(folder)
    const [asked] = runs.values()
    const ask = snapshots.of(asked!, 1)
    yield* Effect.all([ask, ask, ask], { concurrency: 'unbounded' })
    const beginnings = readdirSync(folder).length
    yield* Effect.all([snapshots.of(asked!), snapshots.of(asked!)], { concurrency: 'unbounded' })
    return [beginnings, readdirSync(folder).length]
  })
  const [beginnings, all] = await Effect.runPromise(Effect.scoped(taken))
  expect(beginnings).toBeLessThanOrEqual(2)
  expect(all).toBe(2)
})

it('filters and sorts every table of a large run as the part files have it', async () => {
  const columns = ['key', 'difficulty', 'score']
  const found = await page({
    columns,
    filters: [{ op: 'in', column: 'band', values: ['hard', 'medium'] }],
    where: 'score > 0.05',
    sort: [{ column: 'difficulty', descending: true }],
  })
  expect(found.rows).toEqual(
    await direct(`SELECT key, difficulty, score FROM boundary_reflection JOIN difficulty_estimation d USING (key)
                  WHERE band IN ('hard', 'medium') AND score > 0.05 ORDER BY difficulty DESC LIMIT 100`),
  )
  const agent = await page(
    {
      ...{ relation: 'difficulty_estimation', columns: ['key', 'mean_iou'] },
      sort: [{ column: 'mean_iou', descending: false }],
    },
    '&offset=150&limit=20',
  )
  expect(agent.rows).toEqual(
    await direct('SELECT key, mean_iou FROM difficulty_estimation ORDER BY mean_iou LIMIT 20 OFFSET 150'),
  )
  const every =
    'SELECT key, agent, outcome FROM boundary_reflection UNION ALL SELECT key, agent, outcome FROM difficulty_estimation'
  for (const [relation, where] of [
    ['verdicts', 'true'],
    ['failures', "outcome = 'failed'"],
  ] as const) {
    const shown = await page({
      ...{ relation, columns: ['key', 'agent'] },
      sort: [
        { column: 'key', descending: true },
        { column: 'agent', descending: false },
      ],
    })
    expect(shown.rows.length).toBeGreaterThan(0)
    expect(shown.rows).toEqual(
      await direct(`SELECT key, agent FROM (${every}) WHERE ${where} ORDER BY key DESC, agent LIMIT 100`),
    )
  }
})

it('opens each sample of a page, and exports no column of its own', async () => {
  const { rows } = await page({ columns: ['key'], sort: [{ column: 'uncertainty', descending: true }] })
  for (const [key] of rows.slice(0, 3)) {
    const detail = await studio.get<SampleDetail>(`${run}/samples/${key}`)
    expect([detail.key, detail.verdicts.length]).toEqual([key, 2])
  }
  const { text } = await studio.raw(`${run}/export?format=csv`, {
    authorization: `Bearer ${new URL(studio.url).searchParams.get('token')}`,
  })
  expect(text.split('\n')[0]!.split(',')).not.toContain('number')
})
