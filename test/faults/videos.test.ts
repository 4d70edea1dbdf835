import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Effect, Stream } from 'effect'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runQuery } from '../../pipelines/query.ts'
import { readClip } from '../../video/read.ts'
import { folderOf, type Outcome, spanwise } from '../cli/command-line.ts'
import { model, row, writeRows } from '../cli/workplace.ts'
import { barOf } from '../video/files.ts'
import { unusable, unusual, writeBadVideos } from './bad-videos.ts'

const root = folderOf({})
const fold = (...more: ReadonlyArray<string>): Promise<Outcome> =>
  Effect.runPromise(
    spanwise(
      root,
      ...['bra', '--dataset', 'jsonl', '--split', 'test', '--annotations', 'rows', '--videos', 'videos'],
      ...['--run', 'run', '--model', model, '--threads', '1', ...more],
    ),
  )

const names = ['good', ...Object.keys(unusable), 'missing', ...Object.keys(unusual)]
let first: Outcome
beforeAll(async () => {
  writeBadVideos(join(root, 'videos'))
  mkdirSync(join(root, 'rows'))
  writeRows(
    join(root, 'rows', 'test.jsonl'),
    names.map((name) => row(`${name}.mp4`, name, [0, 0.1])),
  )
  first = await fold()
})
afterAll(() => rmSync(root, { recursive: true }))

describe('a fold with bad videos', () => {
  it('goes on to its end, and ends with exit code 3 and the list of what failed and why', () => {
    expect(first.code).toBe(3)
    expect(first.out).toMatch(/^bra: 11 of 11 done .* 5 failed, 1 without video/)
    const list = first.err.split('\n').filter((line) => line.startsWith('  '))
    const line = (outcome: string, name: string, reason: string) =>
      `  ${outcome}  line-${names.indexOf(name) + 1}  ${name}.mp4  ${reason}`
    expect(list).toEqual([
      ...Object.entries(unusable).map(([name, reason]) => line('failed', name, reason)),
      line('absent', 'missing', 'missing'),
    ])
    expect(first.err).toMatch(
      /spanwise: bra jsonl: 1 of 11 samples has no video [^\n]*, 5 of 11 samples failed; list them with: \S+ \S+ spanwise query 'FROM failures' --run \S+; [^\n]+ --retry\n$/,
    )
  })

  it('records each as a verdict, and lists them as JSON when asked again', async () => {
    const again = await fold('--json')
    expect(again.code).toBe(3)
    expect(JSON.parse(again.out).failures).toHaveLength(6)
    expect(JSON.parse(again.out).failures[0]).toEqual({
      sample: 'line-2',
      file: 'zero-bytes.mp4',
      outcome: 'failed',
      reason: 'empty',
    })
    const rows = await Effect.runPromise(
      Effect.scoped(
        Effect.gen(function* () {
          const sql = `SELECT query, outcome, reason, evidence->'times' AS times
                       FROM boundary_reflection b JOIN evidence USING (part, part_row) ORDER BY b.part_row`
          const answer = yield* runQuery(join(root, 'run'), sql)
          return (yield* Stream.runCollect(answer.rows)).flat()
        }),
      ),
    )
    expect(rows.map(([query]) => query)).toEqual(names)
    for (const [query, outcome, reason, times] of rows) {
      const name = String(query)
      if (name in unusable) expect([outcome, reason]).toEqual(['failed', unusable[name]])
      else if (name === 'missing') expect([outcome, reason]).toEqual(['absent', 'missing'])
      else expect([name, outcome]).toEqual([name, 'kept'])
      if (name in unusual) expect(JSON.parse(String(times))).toEqual(unusual[name])
    }
  })

  it('shows the model the right frames of the unusual ones', () => {
    const budget = { maxPixels: 64 * 64, factor: 32 }
    const read = (name: string) =>
      readClip(join(root, 'videos', `${name}.mp4`), { kind: 'rate', fps: 2, max: 32 }, budget)
    const wide = read('8k')
    expect([wide.width / wide.height, barOf(wide.rgb, wide.width)]).toEqual([2, 3])
    expect(barOf(read('one-frame').rgb, 64)).toBe(0)
    const varying = read('variable-rate')
    const size = varying.width * varying.height * 3
    expect(
      unusual['variable-rate']!.map((_, i) =>
        barOf(varying.rgb.subarray(i * size, (i + 1) * size), varying.width),
      ),
    ).toEqual([0, 2, 2, 3, 4])
    expect(read('rotated').info).toMatchObject({ width: 48, height: 64, rotation: 90 })
  })
})
