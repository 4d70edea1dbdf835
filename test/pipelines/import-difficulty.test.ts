import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { assert, describe, it } from '@effect/vitest'
import { Effect } from 'effect'
import { runImport } from '../../pipelines/import-difficulty.ts'
import { openDatabase } from '../../store/index.ts'
import { folderOf, spanwise } from '../cli/command-line.ts'

const lines = (rows: ReadonlyArray<unknown>) => rows.map((row) => `${JSON.stringify(row)}\n`).join('')

/** Verdicts of a run, by sample. */
const verdicts = (run: string) =>
  Effect.gen(function* () {
    const database = yield* openDatabase(join(run, 'curation.duckdb'), { readOnly: true })
    return yield* database.rows(
      'SELECT sample, mean_iou, ious, parse_rate, outcome, reason FROM difficulty_estimation ORDER BY sample',
    )
  }).pipe(Effect.scoped)

describe('published answers become difficulties', () => {
  it.effect('of TimeLens (pred, answer, iou) and of TimeLens2 (rollouts)', () =>
    Effect.gen(function* () {
      const events = (...queries: ReadonlyArray<string>) =>
        queries.map((query, i) => ({ query, span: [i, i + 1] }))
      const folder = folderOf({
        'timelens-100k.jsonl': lines([
          {
            source: 'didemo',
            video_path: 'didemo/a.mp4',
            duration: 30,
            events: events('X.', 'y', 'z', 'nobody'),
          },
        ]),
        'answers.jsonl': lines([
          {
            video_path: '/data/didemo/a.mp4',
            query: 'x',
            span: [[0, 1]],
            pred: [[0, 2]],
            iou: 0.5,
            answer: 'The event happens in 0.0 - 2.0 seconds.',
          },
          {
            video_path: 'a.mp4',
            query: 'y',
            span: [1, 2],
            rollouts: ['1.0 - 2.0 seconds', 'I am not sure.', '1.5s to 2s', 'From 1.0s to 2.0s'],
          },
          { video_path: 'a.mp4', query: 'z', iou: 0.25 },
          { video_path: 'a.mp4', query: 'z' },
        ]),
      })
      const run = join(folder, 'run')
      const summary = yield* runImport({
        ...{ dataset: 'timelens_100k', split: 'train', annotations: folder, run },
        from: join(folder, 'answers.jsonl'),
      })
      assert.deepInclude(summary, { planned: 4, kept: 3, dropped: 1, failed: 0, absent: 0 })
      const row = (
        sample: string,
        mean_iou: number | null,
        ious: ReadonlyArray<number> | null,
        parse_rate: number | null,
      ) => ({
        ...{ sample: `didemo/a#${sample}`, mean_iou, ious, parse_rate },
        outcome: ious === null ? 'dropped' : 'kept',
        reason: ious === null ? 'no published answer' : null,
      })
      assert.deepStrictEqual(yield* verdicts(run), [
        row('0', 0.5, [0.5], 1),
        row('1', 0.625, [1, 0, 0.5, 1], 0.75),
        row('2', 0.25, [0.25], null),
        row('3', null, null, null),
      ])
    }),
  )

  it.effect("of Time-R1's own file, through the command line, and curation goes on from there", () =>
    Effect.gen(function* () {
      const row = (name: string, pred: ReadonlyArray<number>, difficulty: number) => ({
        ...{
          video: `./${name}.mp4`,
          duration: 20,
          timestamp: [2, 6],
          sentence: `${name}.`,
          pred,
          difficulty,
        },
        ...{ qid: `my|cosmo|${name}|s`, video_start: null, video_end: null },
      })
      const folder = folderOf({
        'train_2k5.json': JSON.stringify([
          row('a', [2, 6], 100),
          row('b', [4.125, 8.25], 30),
          row('c', [10, 12], 0),
        ]),
      })
      const args = ['--annotations', '.', '--from', 'train_2k5.json', '--run', 'run', '--json']
      const { code, out } = yield* spanwise(folder, 'datasets', 'import', 'timer1', ...args)
      assert.strictEqual(code, 0)
      assert.deepInclude(JSON.parse(out), { planned: 3, kept: 3, rows: 3 })
      const found = yield* verdicts(join(folder, 'run'))
      const ious = found.map(({ mean_iou }) => Number(mean_iou))
      assert.closeTo(ious[0]!, 1, 1e-12)
      assert.closeTo(ious[1]!, 1.875 / 6.25, 1e-12)
      assert.strictEqual(ious[2], 0)
      const curated = yield* spanwise(folder, 'curate', '--run', 'run', '--count', '2', '--json')
      assert.deepInclude(JSON.parse(curated.out), { samples: 3, pool: 3, selected: 2 })
    }),
  )

  it.effect('and what holds none is refused', () =>
    Effect.gen(function* () {
      const folder = folderOf({ 'a.jsonl': lines([{ query: 'x' }]), 'train_2k5.json': '[]' })
      writeFileSync(join(folder, 'b.jsonl'), '{')
      for (const [name, message] of [
        ['a.jsonl', /video_path or video is missing/],
        ['b.jsonl', /contains no answers \(invalid JSON/],
      ] as const) {
        const source = { dataset: 'timer1', split: 'train', annotations: folder, run: join(folder, 'run') }
        const error = yield* Effect.flip(runImport({ ...source, from: join(folder, name) }))
        assert.match(error.message, message)
      }
    }),
  )
})
