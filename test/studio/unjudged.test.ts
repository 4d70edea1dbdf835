import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Effect } from 'effect'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { literal, openDatabase } from '../../store/index.ts'
import type { Decided, RunDetail, SampleDetail } from '../../studio/api/index.ts'
import { type AgentProgress, progressOf } from '../../studio/page/logic/progress.ts'
import { type OpenStudio, openStudio, token } from './open-studio.ts'
import { smallRun } from './small-run.ts'

let root: string
let studio: OpenStudio
const run = '/api/runs/small'

/** A verdict of an agent that the table of samples does not join, about a sample that no other agent has. */
const judgeOne = (folder: string) =>
  Effect.gen(function* () {
    const database = yield* openDatabase(':memory:')
    const fold = join(folder, 'reasoning-writer', 'fold-00000000-00000001')
    mkdirSync(fold, { recursive: true })
    const common = 'sample, dataset, split, task, video, file, query, windows, duration, extra'
    yield* database.run(
      `COPY (SELECT 'only' AS key, settings, 'reasoning-writer' AS agent, ${common}, 'kept' AS outcome,
                    NULL::VARCHAR AS reason, '{}' AS evidence, NULL::VARCHAR AS usage
             FROM ${literal(`${folder}/boundary-reflection/fold-*/part-00000.parquet`)} LIMIT 1)
       TO ${literal(join(fold, 'part-00000.parquet'))} (FORMAT parquet)`,
    )
  }).pipe(Effect.scoped, Effect.runPromise)

beforeAll(async () => {
  root = await smallRun()
  const folder = join(root, 'runs', 'small')
  await judgeOne(folder)
  // Half of what a fold was to write is not there yet.
  rmSync(join(folder, 'difficulty-estimation', 'fold-00000000-00000005', 'part-00000.parquet'))
  studio = await openStudio({ folder })
}, 60_000)
afterAll(async () => {
  await studio.close()
  rmSync(root, { recursive: true })
})

it('a sample that any agent has judged can be reviewed', async () => {
  expect((await studio.get<SampleDetail>(`${run}/samples/only`)).verdicts).toMatchObject([
    { agent: 'reasoning-writer', outcome: 'kept' },
  ])
  const { status, text } = await studio.post(`${run}/decisions`, {
    ...{ reviewer: 'ada', key: 'only', decision: 'accept' },
  })
  expect(status).toBe(200)
  expect((JSON.parse(text) as Decided).merged).toMatchObject({ key: 'only', decision: 'accept' })
})

it('a sample without a verdict is counted as planned, and its address says what is missing', async () => {
  const detail = await studio.get<RunDetail>(run)
  expect(detail.planned.map(({ samples }) => samples)).toEqual([5, 5])
  const rows = progressOf(detail).map(({ agent, verdicts, planned }: AgentProgress) => [
    agent,
    verdicts,
    planned,
  ])
  expect(rows.toSorted()).toEqual([
    ['boundary-reflection', 5, 5],
    ['difficulty-estimation', 0, 5],
    ['reasoning-writer', 1, 0],
  ])
  const absent = await studio.raw(`${run}/samples/none`, { authorization: `Bearer ${token}` })
  expect(absent.status).toBe(404)
  expect(JSON.parse(absent.text)).toMatchObject({ remedy: expect.stringContaining('run the agent') })
  const decided = await studio.post(`${run}/decisions`, {
    ...{ reviewer: 'ada', key: 'none', decision: 'accept' },
  })
  expect([decided.status, JSON.parse(decided.text).error]).toEqual([
    404,
    'no agent of this run has a verdict about this sample',
  ])
})
