import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { assert, describe, it } from '@effect/vitest'
import { Effect } from 'effect'
import type { Sample } from '../../core/index.ts'
import { runCompare } from '../../pipelines/compare.ts'
import { givenPredictions, runEval } from '../../pipelines/eval.ts'
import { folderOf, spanwise } from '../cli/command-line.ts'
import { model, workplace } from '../cli/workplace.ts'

const questions = [
  'video_id,frame_count,width,height,question,answer,qid,type,a0,a1,a2,a3,a4',
  '11,300,640,480,why,p,1,CW,p,q,r,s,t',
  '11,300,640,480,how,q,2,CH,p,q,r,s,t',
  '22,300,640,480,when,p,1,TN,p,p,r,s,t',
].join('\n')
const grounds = {
  11: {
    duration: 10,
    fps: 30,
    location: {
      1: [[0, 4]],
      2: [
        [1, 2],
        [4, 10],
      ],
    },
  },
  22: { duration: 20, fps: 30, location: { 1: [[5, 6]] } },
}
const nextgqa = {
  'test.csv': questions,
  'gsub_test.json': JSON.stringify(grounds),
  'windows.json': JSON.stringify({ '11_1': [0, 4], '11_2': [2, 4], '22_1': [5, 5] }),
  'answers.json': JSON.stringify({
    '11_1': { prediction: 0, answer: 0 },
    '11_2': { prediction: 0, answer: 1 },
    // The second of two equal options: what the file itself says is right counts.
    '22_1': { prediction: 1, answer: 1 },
  }),
}

const sample = (id: string, duration: number | null = 10): Sample => ({
  ...{ id, dataset: 'charades', split: 'test', task: 'grounding', video: id, file: `${id}.mp4` },
  ...{ duration, query: 'x', windows: [[2, 6]] },
})

describe('spanwise eval', () => {
  it.effect('prints one object with every metric under its name, and writes a report', () =>
    Effect.gen(function* () {
      const folder = folderOf(nextgqa)
      const run = (...args: ReadonlyArray<string>) =>
        spanwise(folder, 'eval', 'nextgqa', '--annotations', folder, '--split', 'test', '--json', ...args)
      const [whole, native] = yield* Effect.all(
        [
          run('--baseline', 'whole', '--out', 'whole'),
          run('--predictions', 'windows.json', '--answers', 'answers.json', '--out', 'native'),
        ],
        { concurrency: 2 },
      )
      assert.strictEqual(whole.code, 0, whole.err)
      const scores = JSON.parse(whole.out)
      assert.deepInclude(scores, {
        n: 3,
        unparsed: 0,
        videos: 2,
        suite: 'nextgqa',
        rule: 'official',
        split: 'test',
      })
      assert.closeTo(scores.mIoU, (100 * (0.4 + 0.6 + 0.05)) / 3, 1e-12)
      assert.closeTo(scores.mIoP, scores.mIoU, 1e-12)
      assert.closeTo(scores['Acc@GQA'], 0, 1e-12)
      assert.closeTo(scores['Acc@QA'], 200 / 3, 1e-12)
      const own = JSON.parse(native.out)
      assert.closeTo(own['Acc@GQA'], 200 / 3, 1e-12)
      assert.closeTo(own.mIoP, 200 / 3, 1e-12)
      assert.closeTo(own.mIoU, 100 / 3, 1e-12)
      for (const file of ['report.json', 'report.md', 'recall.svg', 'length.svg'])
        assert.isTrue(existsSync(join(folder, 'whole', file)), file)

      const compared = yield* spanwise(folder, 'eval', 'compare', 'whole', 'native/values.jsonl', '--json')
      assert.strictEqual(compared.code, 0, compared.err)
      const { n, metrics } = JSON.parse(compared.out)
      assert.strictEqual(n, 3)
      assert.closeTo(metrics['Acc@GQA'].difference, 200 / 3, 1e-12)
      assert.strictEqual(metrics['Acc@QA'].p, 1)
    }),
  )

  it.effect('refuses what is wrong in one line with file and line, and exit code 2', () =>
    Effect.gen(function* () {
      const folder = folderOf({
        'test.json':
          '{"AAAAA": {"duration": 10, "timestamps": [[0, 5], ["2", 5]],\n "sentences": ["x.", "y."]}}',
      })
      const rows = yield* spanwise(
        folder,
        ...['eval', 'charades', '--annotations', folder, '--baseline', 'whole', '--json'],
      )
      assert.deepInclude(rows, { code: 2, out: '' })
      assert.match(rows.err, /^spanwise: \S+test\.json:2: window[^\n]+\n$/)

      const known = [sample('AAAAA#0'), sample('AAAAA#1')]
      const refused = (content: string) =>
        givenPredictions(known, [], { file: join(folderOf({ 'p.jsonl': content }), 'p.jsonl') }).pipe(
          Effect.flip,
          Effect.map(({ message }) => message),
        )
      const good = '{"id":"AAAAA#0","windows":[[0,5]]}'
      const cases: ReadonlyArray<readonly [string, RegExp]> = [
        ['', /p\.jsonl:1: the file contains no prediction/],
        [`${good}\n{"id":"AAAAA#1","win`, /p\.jsonl:2: .*truncated/],
        ['id,start,end\nAAAAA#0,0,5\n', /p\.jsonl:1: it is not JSON/],
        [`${good}\n${good}\n`, /p\.jsonl:2: id "AAAAA#0" is in the file twice/],
        [`${good}\n{"id":"ZZZZZ#0","windows":null}`, /p\.jsonl:2: unknown id "ZZZZZ#0"/],
        [`${good}\n{"id":"AAAAA#1","windows":[[NaN,5]]}`, /p\.jsonl:2: it contains NaN/],
        [`${good}\n{"id":"AAAAA#1","windows":[[-1,5]]}\n`, /p\.jsonl:2: /],
        ['{"AAAAA#0": [0, 5],\n"AAAAA#0": [0, 4]}', /p\.jsonl:2: id "AAAAA#0" was seen on line 1/],
      ]
      for (const [content, message] of cases) assert.match(yield* refused(content), message)
    }),
  )

  it.effect('places no constant window in clips of unknown length, and says so', () =>
    Effect.gen(function* () {
      const samples = [sample('a'), sample('b', null)]
      const refused = yield* Effect.flip(givenPredictions(samples, [], { baseline: 'whole', seed: 1 }))
      assert.match(refused.message, /1 samples have no duration/)
      const predictions = new Map([['a', { id: 'a', windows: [[2, 6]] as const }]])
      const { placed, table } = yield* runEval(
        { suite: 'charades', samples, train: [], seed: 1 },
        'mine',
        predictions,
      )
      assert.isFalse(placed)
      assert.notInclude(table, 'prior only')
    }),
  )

  it.effect('names and counts absent videos, ends with exit code 3, and goes on when they are there', () =>
    Effect.gen(function* () {
      const folder = yield* Effect.promise(() => workplace('eval-absent'))
      const annotations = join(folder, 'annotations')
      mkdirSync(annotations)
      writeFileSync(
        join(annotations, 'charades_sta_test.txt'),
        'GOOD1 1.0 4.0##a person sits.\nLATE1 2.0 6.0##a person stands.\nLATE1 0.0 6.0##a person walks.\n',
      )
      writeFileSync(join(annotations, 'durations.json'), JSON.stringify({ GOOD1: 10, LATE1: 10 }))
      renameSync(join(folder, 'videos', 'good.mp4'), join(folder, 'videos', 'GOOD1.mp4'))
      const run = (...args: ReadonlyArray<string>) =>
        spanwise(
          folder,
          ...['eval', 'charades', '--annotations', annotations, '--videos', join(folder, 'videos')],
          ...['--model', model, '--frames', '4', '--threads', '1', '--json', ...args],
        )
      const { code, out, err } = yield* run()
      assert.strictEqual(code, 3, err)
      assert.match(err, /2 of 3 samples have no reply and count as wrong \(LATE1\.mp4 first\)/)
      const first = JSON.parse(out)
      assert.deepInclude(first, { n: 3, missing: 2, name: 'tied' })
      assert.deepInclude(first.replies, { samples: 3, replied: 1, absent: 2, failed: 0 })
      assert.deepStrictEqual(
        first.replies.unanswered.map(({ sample, file, outcome }: Record<string, string>) => [
          sample,
          file,
          outcome,
        ]),
        [
          ['LATE1#0', 'LATE1.mp4', 'absent'],
          ['LATE1#1', 'LATE1.mp4', 'absent'],
        ],
      )
      const present = yield* run('--present-only', '--out', 'present')
      assert.strictEqual(present.code, 0, present.err)
      assert.deepInclude(JSON.parse(present.out), { n: 1, missing: 0 })

      writeFileSync(join(folder, 'videos', 'LATE1.mp4'), readFileSync(join(folder, 'videos', 'GOOD1.mp4')))
      const again = yield* run()
      assert.strictEqual(again.code, 0, again.err)
      const second = JSON.parse(again.out)
      assert.deepInclude(second.replies, { replied: 3, absent: 0 })
      assert.strictEqual(second.folder, first.folder)
      assert.isTrue(existsSync(join(folder, second.folder, 'predictions.jsonl')))
    }),
  )

  it.effect('compares runs over the same samples only', () =>
    Effect.gen(function* () {
      const folder = folderOf({})
      const run = (samples: ReadonlyArray<Sample>, out: string) =>
        runEval(
          { suite: 'charades', samples, train: [], seed: 1, out: join(folder, out) },
          out,
          new Map(samples.map(({ id }) => [id, { id, windows: [[2, 5]] as const }])),
        )
      yield* run([sample('a'), sample('b')], 'two')
      yield* run([sample('a')], 'one')
      const refused = yield* Effect.flip(
        runCompare({ a: join(folder, 'two'), b: join(folder, 'one'), seed: 1 }),
      )
      assert.match(refused.message, /sample b of the first run is not in the second/)
    }),
  )
})
