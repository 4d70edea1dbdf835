import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { assert, describe, it } from '@effect/vitest'
import { Effect } from 'effect'
import { runExport, runInspect } from '../../pipelines/datasets.ts'
import { folderOf, spanwise } from '../cli/command-line.ts'

const windowRow = (id: string, windows: unknown, more: object = {}) =>
  JSON.stringify({ id, video: `v-${id}`, query: 'x', duration: 10, windows, ...more })

describe('spanwise datasets', () => {
  it.effect('inspects a split: sizes, windows, durations, problems by kind and line, the floor', () =>
    Effect.gen(function* () {
      const folder = folderOf({
        'train.jsonl': [
          windowRow('a', [[0, 5]]),
          windowRow('b', [
            [0, 5],
            [6, 12],
          ]),
          windowRow('c', [[5, 2]]),
          windowRow('d', [[0, 5]], { video: 'v-a', file: 'v-a.mp4' }),
        ].join('\n'),
        'empty.jsonl': '',
      })
      const { code, out, err } = yield* spanwise(
        folder,
        ...['datasets', 'inspect', 'jsonl', '--annotations', folder, '--split', 'train', '--json'],
      )
      assert.strictEqual(err, '')
      assert.strictEqual(code, 0)
      const found = JSON.parse(out)
      assert.deepInclude(found, {
        ...{ dataset: 'jsonl', split: 'train', rows: 4, samples: 4, videos: 3, windows: 5 },
        windowsPerSample: { mean: 1.25, max: 2, unannotated: 0, counts: { 1: 3, 2: 1 } },
        durations: { min: 10, mean: 10, median: 10, max: 10, unknown: 0 },
        problems: { 'beyond-clip': 1, reversed: 1 },
      })
      assert.deepStrictEqual(
        found.problemLines.map(({ line, kind }: { line: number; kind: string }) => [line, kind]),
        [
          [2, 'beyond-clip'],
          [3, 'reversed'],
        ],
      )
      assert.deepStrictEqual(found.prior.window, { start: 0, end: 0.5 })
      assert.strictEqual(found.prior.scores.mIoU, 75)
      const cut = yield* runInspect({
        ...{ dataset: 'jsonl', annotations: folder, lines: 1 },
        settings: { policy: 'clip' },
      })
      assert.deepStrictEqual(
        cut.splits.map(({ split, samples }) => [split, samples]),
        [['train', 3]],
      )
    }),
  )

  it.effect('a row that cannot be read is named after the report, in one line, with exit code 2', () =>
    Effect.gen(function* () {
      const folder = folderOf({
        'test.jsonl': `${windowRow('a', [[0, 5]])}\n${windowRow('b', [[0, 5]]).slice(0, 30)}`,
      })
      const { code, out, err } = yield* spanwise(
        folder,
        ...['datasets', 'inspect', 'jsonl', '--annotations', folder, '--json'],
      )
      assert.strictEqual(code, 2)
      assert.deepStrictEqual(JSON.parse(out).splits.test.problems, { malformed: 1 })
      assert.match(err, /^spanwise: \S+test\.jsonl:2: invalid JSON: [^\n]+\n$/)
    }),
  )

  it.effect('checks which videos are there and as long as annotated', () =>
    Effect.gen(function* () {
      const videos = join(import.meta.dirname, '..', 'fixtures', 'video')
      const folder = folderOf({
        'test.jsonl': [
          windowRow('a', [[0, 5]]),
          windowRow('b', [[0, 5]], { video: 'b', file: 'make.py' }),
        ].join('\n'),
      })
      const { code, out, err } = yield* spanwise(
        folder,
        ...['datasets', 'check', 'jsonl', '--annotations', folder, '--videos', videos, '--json'],
      )
      assert.strictEqual(code, 3)
      assert.deepInclude(JSON.parse(out), { videos: 2, sound: 0, missing: 1, unreadable: 1, duration: 0 })
      assert.match(err, /of 2 videos 1 missing, 1 unreadable/)
    }),
  )

  it.effect('exports what its own readers read back', () =>
    Effect.gen(function* () {
      const folder = folderOf({
        'highlight_val_release.jsonl': `${JSON.stringify({
          ...{ qid: 7, query: 'a dog', duration: 20, vid: 'v_0.0_20.0', relevant_windows: [[2, 6]] },
          ...{
            relevant_clip_ids: [1, 2],
            saliency_scores: [
              [1, 2, 3],
              [4, 0, 1],
            ],
          },
        })}\n`,
      })
      const source = { dataset: 'qvhighlights', annotations: folder }
      for (const form of ['jsonl', 'parquet']) {
        const out = join(folder, `out.${form}`)
        const written = yield* runExport({ ...source, out })
        assert.deepInclude(written, { samples: 1, splits: ['valid'] })
        const back = yield* runExport({
          ...{ dataset: form, annotations: out, out: join(folder, `back-${form}.jsonl`) },
        })
        assert.strictEqual(back.problems.length, 0)
        const {
          dataset: _,
          split: __,
          ...first
        } = JSON.parse(readFileSync(join(folder, 'out.jsonl'), 'utf8'))
        const { dataset: ___, split: ____, ...again } = JSON.parse(readFileSync(back.out, 'utf8'))
        assert.deepStrictEqual(again, first)
      }
      const own = join(folder, 'highlight_val_release.jsonl')
      for (const out of [own, join(folder, 'out.jsonl')]) {
        const before = readFileSync(out, 'utf8')
        const refused = yield* Effect.flip(runExport({ ...source, out }))
        assert.match(refused.message, /--out \S+: already exists; choose another name/)
        assert.strictEqual(readFileSync(out, 'utf8'), before)
      }
      const wrong = yield* Effect.flip(runExport({ ...source, out: join(folder, 'out.txt') }))
      assert.match(wrong.message, /extension is not a known format/)
    }),
  )
})
