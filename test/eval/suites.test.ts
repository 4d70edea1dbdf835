import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect as check, it as effectIt } from '@effect/vitest'
import { Effect } from 'effect'
import { describe, expect, it } from 'vitest'
import { fitPrior, type Sample, type Window } from '../../core/index.ts'
import { lookup } from '../../datasets/index.ts'
import {
  baselinePredictions,
  baselines,
  evaluate,
  lookupRule,
  lookupSuite,
  suites,
} from '../../eval/index.ts'
import type { Prediction } from '../../tasks/index.ts'
import { predictionsOf, sampleOf } from './arbitrary.ts'

const metrics = (
  name: string,
  samples: ReadonlyArray<Sample>,
  list: ReadonlyArray<Prediction>,
  rule?: string,
) =>
  evaluate(suites[name]!, samples, predictionsOf(list), {
    bootstrap: null,
    ...(rule === undefined ? {} : { rule }),
  }).report

const choice = (index: number, answer: string, type: string) =>
  sampleOf(index, {
    task: 'choice',
    windows: null,
    answer,
    options: ['a', 'b', 'c', 'd', 'e'],
    meta: { type },
  })

describe('suites', () => {
  it('count missing and unread predictions as wrong', () => {
    const samples = [0, 1, 2, 3].map((i) => sampleOf(i))
    const report = metrics('charades', samples, [
      { id: 'q0', windows: [[0, 5]] },
      { id: 'q1', windows: null },
      { id: 'q2', windows: [[5, 0]] },
    ])
    expect(report).toMatchObject({ n: 4, unparsed: 2, missing: 1, parseRate: 0.5, videos: 2 })
    expect(report.metrics).toMatchObject({ mIoU: 25, 'R1@0.7': 25 })
  })

  it('compare by the rule of the source', () => {
    const samples = [sampleOf(0, { windows: [[0, 10]] })]
    const half = [{ id: 'q0', windows: [[0, 5]] as const }]
    expect(metrics('charades', samples, half).metrics['R1@0.5']).toBe(100)
    expect(metrics('charades', samples, half, 'time-r1').metrics).toMatchObject({ 'R1@0.5': 0, avg: 37.5 })
  })

  it('compute in float32 by the rule of VideoMind, for every benchmark that it evaluates', () => {
    // Half of the clip, by lengths 0.49999999999999994 in double precision, 0.50000006 in float32.
    const truth: Window = [64.26, 128.52]
    const at = { windows: [truth], duration: 128.52 }
    const whole = [{ id: 'q0', windows: [[0, 128.52]] as const, answer: 'A' }]
    const grounding = [sampleOf(0, at)]
    const grounded = [sampleOf(0, { ...at, task: 'grounded-qa', answer: 'A', options: ['x', 'y'] })]
    for (const suite of ['charades', 'anet', 'timelens', 'tvgbench']) {
      expect(metrics(suite, grounding, whole, 'videomind').metrics).toMatchObject({
        mIoU: expect.closeTo(50.000006, 6),
        'R1@0.5': 100,
        'R3@0.5': 100,
      })
    }
    expect(metrics('rextime', grounded, whole, 'videomind').metrics).toMatchObject({
      'R1@0.5': 100,
      'Acc@IoU': 100,
    })
    expect(metrics('nextgqa', grounded, whole, 'videomind').metrics).toMatchObject({
      'IoU@0.5': 100,
      'IoP@0.5': 100,
      'Acc@GQA': 100,
    })
    // A float32 just below 0.7 is what 0.7 itself is to a tensor.
    expect(
      metrics('anet', [sampleOf(0, { windows: [[0, 10]] })], [{ id: 'q0', windows: [[0, 7]] }]).metrics,
    ).toMatchObject({ 'R1@0.7': 100 })
  })

  it('follow by default the script that published the benchmark', () => {
    const defaults = Object.fromEntries(Object.entries(suites).map(([name, { rules }]) => [name, rules[0]]))
    expect(defaults).toMatchObject({
      charades: 'videomind',
      anet: 'videomind',
      timelens: 'timelens',
      tvgbench: 'time-r1',
    })
    const half = [{ id: 'q0', windows: [[0, 5]] as const }]
    const samples = [sampleOf(0, { windows: [[0, 10]] })]
    expect(metrics('timelens', samples, half).metrics['R1@0.5']).toBe(100)
    expect(metrics('tvgbench', samples, half).metrics['R1@0.5']).toBe(0)
  })

  const annotations = join(import.meta.dirname, '..', '..', '..', 'shared', 'data', 'activitynet_captions')
  it.skipIf(!existsSync(annotations))(
    'give the published forms of the whole video on ActivityNet-Captions',
    async () => {
      const { samples } = await Effect.runPromise(
        Effect.flatMap(lookup('anet'), (dataset) => dataset.read(annotations, 'test', { policy: 'keep' })),
      )
      const whole = baselinePredictions('whole', samples, [])
      const recalls = (rule: string) => {
        const { metrics } = evaluate(suites.anet!, samples, whole, { rule, bootstrap: null }).report
        return [0.3, 0.5, 0.7].map((threshold) => metrics[`R1@${threshold}`]!.toFixed(3))
      }
      for (const rule of ['videochat-r1', 'timelens', 'lmms-eval'])
        expect(recalls(rule)).toEqual(['48.018', '21.208', '12.413'])
      for (const rule of ['time-r1', '2d-tan']) expect(recalls(rule)).toEqual(['47.989', '21.073', '12.407'])
      expect(recalls('videomind')).toEqual(['47.977', '21.167', '12.413'])
    },
  )

  it('report recall of the first three and five for VideoMind', () => {
    const windows = [
      [20, 25],
      [20, 25],
      [0, 5],
      [0, 5],
    ] as const
    const { metrics: found } = metrics('anet', [sampleOf(0)], [{ id: 'q0', windows }])
    expect(found).toMatchObject({ 'R1@0.5': 0, 'R3@0.5': 100, 'R5@0.5': 100 })
  })

  it('merge previous into next on NExT-QA and group by first letter', () => {
    const samples = [choice(0, 'A', 'TP'), choice(1, 'B', 'TN'), choice(2, 'C', 'CW'), choice(3, 'D', 'DO')]
    const report = metrics('nextqa', samples, [
      { id: 'q0', windows: null, answer: 'A' },
      { id: 'q1', windows: null, answer: 'A' },
      { id: 'q2', windows: null, answer: 'C' },
    ])
    expect(report.metrics).toMatchObject({ TN: 50, T: 50, CW: 100, C: 100, D: 0, all: 50, CH: Number.NaN })
    expect(report.missing).toBe(1)
  })

  it('need a right answer and half the window inside for Acc@GQA', () => {
    const samples = [0, 1, 2].map((i) => ({
      ...choice(i, 'B', 'CW'),
      task: 'grounded-qa' as const,
      windows: [[0, 10]] as const,
    }))
    const list: ReadonlyArray<Prediction> = [
      { id: 'q0', windows: [[5, 15]], answer: 'B' },
      { id: 'q1', windows: [[0, 10]], answer: 'A' },
      { id: 'q2', windows: null, answer: 'B' },
    ]
    const official = metrics('nextgqa', samples, list).metrics
    expect(official['Acc@GQA']).toBeCloseTo(100 / 3, 12)
    expect(official.mIoP).toBeCloseTo(50, 12)
    expect(metrics('nextgqa', samples, list, 'official-skip').metrics).toMatchObject({
      mIoP: 75,
      'Acc@GQA': 50,
    })
  })

  it('give ReXTime shares by its own rule and percent by VideoMind', () => {
    const samples = [0, 1].map((i) => sampleOf(i, { task: 'grounded-qa', answer: 'B', windows: [[0, 10]] }))
    const list = [
      { id: 'q0', windows: [[0, 6]] as const, answer: 'B' },
      { id: 'q1', windows: null, answer: 'B' },
    ]
    expect(metrics('rextime', samples, list).metrics).toMatchObject({
      VQA: 1,
      'VQA,mIoU@0.5': 0.5,
      'VQA,mIoU@0.7': 0,
      'R1@0.6': 50,
      mIoU: 30,
    })
    expect(metrics('rextime', samples, list, 'videomind').metrics).toMatchObject({ Acc: 100, 'Acc@IoU': 50 })
  })

  it('count within one, exactly, and by relative error', () => {
    const samples = [10, 4, 0].map((count, i) =>
      sampleOf(i, { task: 'counting', windows: null, answer: String(count) }),
    )
    const list = [
      { id: 'q0', windows: null, answer: '11' },
      { id: 'q1', windows: null, answer: '4' },
      { id: 'q2', windows: null, answer: null },
    ]
    const strict = metrics('repcount', samples, list).metrics
    expect(strict.OBO).toBeCloseTo(200 / 3, 12)
    expect(strict.Exact).toBeCloseTo(100 / 3, 12)
    expect(strict.MAE).toBeCloseTo(1 / 10.1 / 3, 12)
    const parsed = metrics('repcount', samples, list, 'actrep-r1').metrics
    expect(parsed).toMatchObject({ OBO: 100, Exact: 50, AbsMAE: 0.5, RMSE: Math.sqrt(0.5), MedianAE: 1 })
    // An unread answer has the bare true count as its error, a negative one is read.
    const more = [...samples, sampleOf(3, { task: 'counting', windows: null, answer: '7' })]
    const lmms = metrics(
      'repcount',
      more,
      [...list.slice(0, 1), { id: 'q1', windows: null, answer: '-4' }],
      'lmms-eval',
    )
    expect(lmms.headline).toEqual(['mae_norm', 'obo'])
    expect(lmms.metrics.mae_norm).toBeCloseTo((1 / 10.1 + 8 / 4.1 + 0 + 7) / 4, 12)
    expect(lmms.metrics.obo).toBe(0.25)
    const none = metrics('repcount', samples, [], 'actrep-r1').metrics
    expect(none).toMatchObject({ OBO: 0, Exact: 0, MAE: Number.POSITIVE_INFINITY })
    expect(metrics('dvd', samples, list).metrics.accuracy).toBeCloseTo(100 / 3, 12)
  })

  it('score every task of the shapes world', () => {
    const samples = [
      sampleOf(0, { meta: { grade: 'easy' } }),
      sampleOf(1, { task: 'counting', windows: null, answer: '3', meta: { grade: 'hard' } }),
      sampleOf(2, { task: 'choice', windows: null, answer: 'B', meta: { grade: 'hard' } }),
      sampleOf(3, { task: 'grounded-qa', answer: 'B', meta: { grade: 'hard' } }),
    ]
    const report = metrics('shapes', samples, [
      { id: 'q0', windows: [[0, 5]] },
      { id: 'q1', windows: null, answer: '4' },
      { id: 'q2', windows: null, answer: 'B' },
      { id: 'q3', windows: [[0, 4]], answer: 'B' },
    ])
    expect(report).toMatchObject({ n: 4, unparsed: 0 })
    expect(report.metrics).toMatchObject({
      mIoU: 100,
      'F1@0.5': 100,
      Exact: 0,
      OBO: 100,
      choice: 100,
      'GQA-mIoU': 80,
      'Acc@GQA': 100,
    })
    expect(report.types.hard?.metrics.mIoU).toBeNaN()
  })

  it('take only the windows of a length range on QVHighlights', () => {
    const meta = {
      clips: [0, 1],
      saliency: [
        [4, 0, 0],
        [2, 2, 2],
      ],
    }
    const samples = [
      sampleOf(0, {
        windows: [
          [0, 8],
          [10, 24],
        ],
        meta,
        duration: 24,
      }),
      sampleOf(1, { windows: [[0, 12]], meta, duration: 24 }),
    ]
    const report = metrics('qvhighlights', samples, [
      {
        id: 'q0',
        windows: [
          [0, 8],
          [10, 24],
        ],
        confidences: [0.1, 0.9],
        saliency: [5, 1],
      },
      { id: 'q1', windows: [], saliency: [0, 1, 9] },
    ])
    expect(report.metrics).toMatchObject({
      'MR-full-mAP': 100,
      'MR-full-R1@0.5': 50,
      'MR-short-mAP': 50,
      'MR-middle-mAP': 100,
      'MR-middle-R1@0.5': 0,
      'MR-long-mAP': Number.NaN,
      'HL-min-Fair-Hit1': 50,
      'HL-min-VeryGood-Hit1': 50,
    })
    expect(
      metrics('qvhighlights', samples, [{ id: 'q0', windows: [[0, 8]] }], 'strict').metrics,
    ).toMatchObject({
      'MR-full-mAP': 25,
    })
  })
})

describe('baselines', () => {
  it('answer every suite without a model, the same each time', () => {
    for (const suite of Object.values(suites)) {
      const samples = Array.from({ length: 8 }, (_, i) =>
        sampleOf(i, {
          task: suite.tasks[0]!,
          answer: suite.tasks[0] === 'counting' ? '3' : 'A',
          meta: { type: 'CW' },
        }),
      )
      for (const baseline of baselines) {
        const predictions = baselinePredictions(baseline, samples, samples)
        expect(baselinePredictions(baseline, samples.toReversed(), samples).get('q3')).toEqual(
          predictions.get('q3'),
        )
        const { report } = evaluate(suite, samples, predictions, {
          bootstrap: { seed: 1, resamples: 20, confidence: 0.95 },
        })
        expect(report.unparsed, `${suite.name} ${baseline}`).toBe(0)
        expect(report.headline.length, suite.name).toBeGreaterThan(0)
        for (const metric of report.headline) expect(report.metrics).toHaveProperty([metric])
      }
    }
  })

  it('fit the constant window by its mean IoU', () => {
    const train = [0, 1, 2].map((i) => sampleOf(i, { windows: [[5, 15]], duration: 20 }))
    expect(fitPrior(train)).toEqual({ start: 0.25, end: 0.75, meanIou: 1 })
    expect(fitPrior([])).toEqual({ start: 0, end: 1, meanIou: 0 })
    const predictions = baselinePredictions('prior', [sampleOf(9, { duration: 40 })], train)
    expect(predictions.get('q9')?.windows).toEqual([[10, 30]])
  })

  it('place the middle third and the whole clip', () => {
    const samples = [sampleOf(0, { duration: 30 }), sampleOf(1, { duration: null })]
    expect(baselinePredictions('middle', samples, []).get('q0')?.windows).toEqual([[10, 20]])
    expect(baselinePredictions('whole', samples, []).get('q0')?.windows).toEqual([[0, 30]])
    expect(baselinePredictions('whole', samples, []).get('q1')?.windows).toBeNull()
  })
})

effectIt.effect('read from datasets and splits that are there', () =>
  Effect.gen(function* () {
    for (const suite of Object.values(suites)) {
      const { splits } = yield* lookup(suite.dataset)
      check(splits, suite.name).toContain(suite.split)
    }
  }),
)

effectIt.effect('names the nearest suite and rule', () =>
  Effect.gen(function* () {
    check((yield* Effect.flip(lookupSuite('charade'))).message).toContain('did you mean charades?')
    const suite = yield* lookupSuite('nextgqa')
    check(yield* lookupRule(suite, undefined)).toBe('official')
    check((yield* Effect.flip(lookupRule(suite, 'video-mind'))).message).toContain('did you mean videomind?')
  }),
)
