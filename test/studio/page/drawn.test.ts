import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Histogram, Lane, SampleDetail } from '../../../studio/api/index.ts'
import { brushed, brushOf } from '../../../studio/page/logic/brush.ts'
import { aligned, byTopic } from '../../../studio/page/logic/curves.ts'
import { groupLength, nearestStep, signed, surprise } from '../../../studio/page/logic/groups.ts'
import { extent, lanesOf, windowsOf } from '../../../studio/page/logic/lanes.ts'
import { levelsOf } from '../../../studio/page/logic/levels.ts'

const histogram: Histogram = { column: 'score', min: 0, max: 1, counts: [1, 2, 3, 4], missing: 0 }

describe('a brush over a histogram', () => {
  it('filters by the borders of the bins that it touches', () => {
    expect(brushed(histogram, 0.3, 0.6)).toEqual({ op: 'between', column: 'score', min: 0.25, max: 0.75 })
    expect(brushed(histogram, 0.6, 0.3)).toEqual(brushed(histogram, 0.3, 0.6))
    expect(brushed(histogram, -1, 0.1)).toMatchObject({ min: null, max: 0.25 })
    expect(brushed(histogram, 0.9, 2)).toMatchObject({ min: 0.75, max: null })
    expect(brushed({ ...histogram, max: 0 }, 0, 1)).toBeNull()
    expect(brushed({ ...histogram, min: null, max: null }, 0, 1)).toBeNull()
  })

  it('is drawn where its filter is', () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true })
    fc.assert(
      fc.property(share, share, (a, b) => {
        const drawn = brushOf(histogram, [brushed(histogram, a, b)!])!
        expect(drawn[0]).toBeLessThanOrEqual(Math.min(a, b) + 1e-9)
        expect(drawn[1]).toBeGreaterThanOrEqual(Math.max(a, b) - 1e-9)
      }),
    )
    expect(brushOf(histogram, [])).toBeNull()
  })
})

describe('curves of several runs', () => {
  it('share their steps, and have gaps where a run has none', () => {
    expect(
      aligned([
        { steps: [0, 2], values: [1, 2] },
        { steps: [1, 2], values: [null, 5] },
      ]),
    ).toEqual([
      [0, 1, 2],
      [1, null, 2],
      [null, null, 5],
    ])
  })

  it('lose no figure, known or new', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.oneof(fc.string(), fc.constantFrom('reward', 'rewards.iou', 'kl'))),
        (names) => {
          expect(
            byTopic(names)
              .flatMap(([, own]) => own)
              .sort(),
          ).toEqual([...names].sort())
        },
      ),
    )
  })
})

const lane = (kind: Lane['kind'], more: Partial<Lane> = {}): Lane => ({
  ...{ id: kind, kind, label: kind, intervals: [], ticks: [], iou: null, outcome: null },
  ...more,
})
const own = {
  id: 'own',
  kind: 'own' as const,
  label: 'yours',
  note: '',
  bars: [],
  ticks: [],
  low: false,
  levels: 1,
}
const sample = (lanes: ReadonlyArray<Lane>, duration: number | null = null) =>
  ({ duration, lanes }) as SampleDetail

describe('lanes', () => {
  it("put the reviewer's after what is annotated and true", () => {
    const lanes = [lane('annotated'), lane('true'), lane('proposals'), lane('frames')]
    expect(lanesOf(sample(lanes), own).map(({ id }) => id)).toEqual([
      'annotated',
      'true',
      'own',
      'proposals',
      'frames',
    ])
  })

  it('say votes, P(yes), IoU, "none" and what could not be read', () => {
    const interval = { start: 1, end: 2, votes: 2, yes: 0.934, accepted: false }
    const shapes = lanesOf(
      sample([
        lane('true'),
        lane('proposals', { intervals: [interval, { start: 3, end: 4, votes: 1, yes: null }] }),
        lane('rollout', { iou: 0.5, outcome: 'answer' }),
        lane('prediction', { iou: 0, outcome: 'unreadable' }),
        lane('frames', { ticks: [0, 1, 2] }),
      ]),
      own,
    )
    expect(shapes.map(({ note }) => note)).toEqual(['none', '', '', 'IoU 0.50', 'unreadable', '3'])
    expect(shapes[2]!.bars.map(({ text, faint }) => `${text} ${faint}`)).toEqual([
      '2 votes · P(yes) 93 % true',
      '1 vote · P(yes) unknown false',
    ])
  })

  it('draw overlapping intervals below each other, and others in one row', () => {
    expect(
      levelsOf([
        [0, 2],
        [1, 3],
        [2, 4],
        [3, 5],
      ]),
    ).toEqual([0, 1, 0, 1])
    expect(
      levelsOf([
        [5, 6],
        [0, 1],
        [1, 2],
      ]),
    ).toEqual([0, 0, 0])
    const window = fc
      .tuple(fc.nat(50), fc.integer({ min: 1, max: 20 }))
      .map(([start, length]) => [start, start + length] as const)
    fc.assert(
      fc.property(fc.array(window), (windows) => {
        const levels = levelsOf(windows)
        for (const [i, a] of windows.entries())
          for (const [j, b] of windows.entries())
            if (i < j && levels[i] === levels[j]) expect(a[1] <= b[0] || b[1] <= a[0]).toBe(true)
      }),
    )
  })

  it('know how long the time line is, even where nobody measured the video', () => {
    const lanes = [
      lane('annotated', { intervals: [{ start: 1, end: 40 }] }),
      lane('frames', { ticks: [0, 90] }),
    ]
    expect(extent(sample(lanes, 120))).toBe(120)
    expect(extent(sample(lanes))).toBeGreaterThan(90)
    expect(extent(sample([], 0))).toBeGreaterThan(0)
    expect(windowsOf(sample(lanes), 'annotated')).toEqual([[1, 40]])
    expect(windowsOf(sample(lanes), 'true')).toBeNull()
  })
})

it('shows groups of rollouts', () => {
  expect(nearestStep([], 3)).toBeNull()
  expect(nearestStep([0, 5, 10], null)).toBe(10)
  expect(nearestStep([0, 5, 10], 6)).toBe(5)
  expect([surprise(0), surprise(-Infinity), signed(0.5), signed(-1), signed(0)]).toEqual([
    0,
    1,
    '+0.50',
    '−1.00',
    '0.00',
  ])
  const group = {
    key: 'k',
    sample: null,
    query: null,
    windows: [[1, 9]] as const,
    duration: null,
    constant: false,
    rollouts: [],
  }
  expect(groupLength(group)).toBe(9)
  expect(groupLength({ ...group, duration: 30 })).toBe(30)
})
