import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Effect } from 'effect'
import { expect, it } from 'vitest'
import { openDatabase } from '../../store/database.ts'
import { jsonLinesToParquet, metricsToDuckDb } from '../../store/metrics.ts'

it('makes tables of the streams of a run, nested figures as structs', async () => {
  const run = mkdtempSync(join(tmpdir(), 'spanwise-metrics-'))
  const row = (step: number, loss: number | null) =>
    JSON.stringify({ step, loss, rewards: { iou: step / 10 }, seconds: { update: 1 } })
  writeFileSync(join(run, 'metrics.jsonl'), `${row(0, null)}\n${row(1, 0.5)}\n`)
  writeFileSync(join(run, 'validation.jsonl'), '{"step":0,"miou":0.4}\n')
  const read = Effect.scoped(
    Effect.gen(function* () {
      const file = yield* metricsToDuckDb(run)
      const database = yield* openDatabase(file, { readOnly: true })
      return {
        metrics: yield* database.rows('SELECT step::INTEGER AS step, loss, rewards.iou FROM metrics'),
        validation: yield* database.rows('SELECT miou FROM validation'),
      }
    }),
  )
  const expected = {
    metrics: [
      { step: 0, loss: null, iou: 0 },
      { step: 1, loss: 0.5, iou: 0.1 },
    ],
    validation: [{ miou: 0.4 }],
  }
  expect(await Effect.runPromise(read)).toEqual(expected)
  expect(await Effect.runPromise(read)).toEqual(expected)
  expect(readdirSync(run).sort()).toEqual(['metrics.duckdb', 'metrics.jsonl', 'validation.jsonl'])
  rmSync(run, { recursive: true })
})

it('makes Parquet of the rows that a killed run has finished, and names a line that is none', async () => {
  const run = mkdtempSync(join(tmpdir(), 'spanwise-parquet-'))
  const [file, parquet] = [join(run, 'metrics.jsonl'), join(run, 'metrics.parquet')]
  writeFileSync(file, '{"step":1,"loss":2}\n{"step":0,"loss":3}\n{"step":2,"lo')
  await Effect.runPromise(jsonLinesToParquet(file, parquet))
  const rows = Effect.scoped(
    Effect.flatMap(openDatabase(':memory:'), (database) =>
      database.rows(`SELECT step::INTEGER AS step FROM '${parquet}'`),
    ),
  )
  expect(await Effect.runPromise(rows)).toEqual([{ step: 0 }, { step: 1 }])
  expect(readdirSync(run).sort()).toEqual(['metrics.jsonl', 'metrics.parquet'])
  writeFileSync(file, '{"step":1,"lo\n{"step":0,"loss":3}\n')
  await expect(Effect.runPromise(jsonLinesToParquet(file, parquet))).rejects.toThrow(
    /metrics\.jsonl:1: invalid JSON/,
  )
  rmSync(run, { recursive: true })
})
