import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Window, Windows } from '../../core/index.ts'
import { groundingColumns, groundingScores } from '../../eval/index.ts'
import { officialOverlap, setOverlap, videomindOverlap } from '../../eval/metrics/gqa.ts'
import { highlightPrecision, rankClips } from '../../eval/metrics/highlights.ts'
import { averagePrecisions, byConfidence, momentThresholds } from '../../eval/metrics/moments.ts'
import { columnValue } from '../../eval/statistics/column.ts'
import { predictionsOf, sampleOf, solid, window } from './arbitrary.ts'

/** Share of a fine grid of half-open cells; exact on the test's half-second grid. */
const cells = (windows: ReadonlyArray<Window>): ReadonlyArray<boolean> =>
  Array.from({ length: 60 }, (_, i) => windows.some(([start, end]) => start <= i / 2 && i / 2 + 0.5 <= end))
const gridIou = (a: ReadonlyArray<Window>, b: ReadonlyArray<Window>): number => {
  const left = cells(a)
  const right = cells(b)
  const shared = left.filter((held, i) => held && right[i]).length
  const union = left.filter((held, i) => held || right[i]).length
  return union === 0 ? 0 : shared / union
}

describe('IoU', () => {
  it('is symmetric, in [0, 1], equal to counting cells, and blind to shifts', () =>
    fc.assert(
      fc.property(window, window, fc.nat(50), (a, b, shift) => {
        const value = Windows.iou(a, b)
        expect(value).toBe(Windows.iou(b, a))
        expect(value).toBeCloseTo(gridIou([a], [b]), 12)
        const moved = ([start, end]: Window): Window => [start + shift, end + shift]
        expect(Windows.iou(moved(a), moved(b))).toBe(value)
      }),
    ))

  it('of sets is equal to counting cells', () =>
    fc.assert(
      fc.property(
        fc.array(solid, { minLength: 1, maxLength: 4 }),
        fc.array(solid, { maxLength: 4 }),
        (a, b) => {
          expect(Windows.setIou(a, b)).toBeCloseTo(gridIou(a, b), 12)
          expect(Windows.setIou(a, b)).toBeCloseTo(Windows.setIou(b, a), 12)
        },
      ),
    ))
})

describe('grounding', () => {
  const answer = fc.option(fc.array(window, { maxLength: 3 }), { nil: null })
  it('is the mean over all samples, unread answers as 0', () =>
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.array(solid, { minLength: 1, maxLength: 3 }), answer), {
          minLength: 1,
          maxLength: 20,
        }),
        fc.constantFrom('>=' as const, '>' as const),
        (rows, comparator) => {
          const samples = rows.map(([windows], i) => sampleOf(i, { windows }))
          const predictions = predictionsOf(rows.map(([, windows], i) => ({ id: `q${i}`, windows })))
          const scores = groundingScores(samples, predictions)
          const value = Object.fromEntries(
            groundingColumns(scores, comparator).map((column) => [column.metric, columnValue(column)]),
          )
          const ious = rows.map(([truths, windows]) =>
            windows?.[0] === undefined
              ? 0
              : Math.max(...truths.map((truth) => Windows.iou(windows[0]!, truth))),
          )
          const mean = (list: ReadonlyArray<number>) => (100 * list.reduce((a, b) => a + b, 0)) / list.length
          expect(value.mIoU).toBeCloseTo(mean(ious), 9)
          for (const t of [0.3, 0.5, 0.7])
            expect(value[`R1@${t}`]).toBeCloseTo(
              mean(ious.map((iou) => ((comparator === '>=' ? iou >= t : iou > t) ? 1 : 0))),
              9,
            )
          const sets = rows.map(([truths, windows]) => (windows === null ? 0 : gridIou(windows, truths)))
          expect(value.msIoU).toBeCloseTo(mean(sets), 9)
        },
      ),
    ))

  it('counts "never" as right only where it never holds', () => {
    const samples = [sampleOf(0, { windows: [] }), sampleOf(1, { windows: [] }), sampleOf(2)]
    const predictions = predictionsOf([
      { id: 'q0', windows: [] },
      { id: 'q1', windows: [[0, 1]] },
      { id: 'q2', windows: [] },
    ])
    expect(Array.from(groundingScores(samples, predictions).ious)).toEqual([1, 0, 0])
  })
})

/** VOC 2011 average precision spelled out over full arrays with sentinels. */
const slowAp = (ranked: ReadonlyArray<Window>, truths: ReadonlyArray<Window>, threshold: number): number => {
  const taken = new Set<number>()
  const hits = ranked.map((prediction) => {
    const order = truths
      .map((truth, g) => ({ g, iou: Windows.iou(prediction, truth) }))
      .toSorted((a, b) => b.iou - a.iou || b.g - a.g)
    const match = order.find(({ g, iou }) => iou >= threshold && !taken.has(g))
    if (match !== undefined) taken.add(match.g)
    return match === undefined ? 0 : 1
  })
  const cumulated = hits.map((_, i) => hits.slice(0, i + 1).reduce<number>((a, b) => a + b, 0))
  const precision = [0, ...cumulated.map((tp, i) => tp / (i + 1)), 0]
  const recall = [0, ...cumulated.map((tp) => tp / truths.length), 1]
  const envelope = precision.map((_, i) => Math.max(...precision.slice(i)))
  return recall.reduce((sum, r, i) => (i === 0 ? 0 : sum + (r - recall[i - 1]!) * envelope[i]!), 0)
}

describe('moments', () => {
  it('have the average precision of the spelled-out curve', () =>
    fc.assert(
      fc.property(
        fc.array(solid, { maxLength: 10 }),
        fc.array(solid, { minLength: 1, maxLength: 5 }),
        (ranked, truths) => {
          const fast = averagePrecisions(ranked, truths)
          for (const [t, threshold] of momentThresholds.entries())
            expect(fast[t]).toBeCloseTo(slowAp(ranked, truths, threshold), 12)
        },
      ),
      { numRuns: 500 },
    ))

  it('are tried by confidence, equals in list order', () => {
    const windows: ReadonlyArray<Window> = [
      [0, 1],
      [1, 2],
      [2, 3],
    ]
    expect(byConfidence(windows, [0.1, 0.5, 0.5])).toEqual([
      [1, 2],
      [2, 3],
      [0, 1],
    ])
    expect(byConfidence(windows, undefined)).toBe(windows)
  })
})

/** The published definition: points at distinct thresholds from low to high, then precision 1 at recall 0. */
const slowHighlight = (scores: ReadonlyArray<number>, labels: ReadonlyArray<boolean>): number => {
  const positives = labels.filter(Boolean).length
  if (positives === 0) return 0
  if (positives === labels.length) return 1
  const points = [...new Set(scores)]
    .toSorted((a, b) => a - b)
    .map((threshold) => {
      const kept = labels.filter((_, i) => scores[i]! >= threshold)
      const hits = kept.filter(Boolean).length
      return { precision: hits / kept.length, recall: hits / positives }
    })
  points.push({ precision: 1, recall: 0 })
  for (let i = 1; i < points.length; i++)
    points[i]!.precision = Math.max(points[i]!.precision, points[i - 1]!.precision)
  const taken = points.filter(({ recall }, i) => i + 1 < points.length && points[i + 1]!.recall !== recall)
  return taken.reduce((sum, { precision }) => sum + precision, 0) / taken.length
}

describe('highlights', () => {
  it('have the average precision of the spelled-out curve', () =>
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: -2, max: 4 }), fc.boolean()), { minLength: 1, maxLength: 30 }),
        (rows) => {
          const scores = rows.map(([score]) => score)
          const labels = rows.map(([, label]) => label)
          const truth = Uint8Array.from(labels, (label) => (label ? 3 : 2))
          expect(highlightPrecision(rankClips(scores, scores.length), truth, 3)).toBeCloseTo(
            slowHighlight(scores, labels),
            12,
          )
        },
      ),
      { numRuns: 500 },
    ))

  it('cuts and pads scores', () => {
    expect(Array.from(rankClips([1, 3, 2], 2).order)).toEqual([1, 0])
    expect(Array.from(rankClips([-1], 3).scores)).toEqual([-1, 0, 0])
  })
})

describe('grounded QA', () => {
  const restated = ([ps, pe]: Window, truths: ReadonlyArray<Window>) => {
    const ious = [0]
    const iops = [0]
    for (const [ls, le] of truths)
      if (ps === pe) iops.push(ls <= ps && ps <= le ? 1 : 0)
      else {
        const shared = Math.min(pe, le) - Math.max(ps, ls)
        ious.push(shared / (Math.max(pe, le) - Math.min(ps, ls)))
        iops.push(pe > ps ? shared / (pe - ps) : 0)
      }
    return { iou: Math.max(...ious), iop: Math.max(...iops) }
  }

  it('follows the official formulas, reversed windows included', () =>
    fc.assert(
      fc.property(
        fc.tuple(fc.nat(20), fc.nat(20)),
        fc.array(solid, { minLength: 1, maxLength: 4 }),
        (p, truths) => {
          expect(officialOverlap(p, truths)).toEqual(restated(p, truths))
        },
      ),
    ))

  it('differs between the rules where the references do', () => {
    expect(officialOverlap([3, 3], [[0, 5]])).toEqual({ iou: 0, iop: 1 })
    expect(videomindOverlap([3, 3], [[0, 5]])).toEqual({ iou: 0, iop: 0 })
    const truths: ReadonlyArray<Window> = [
      [0, 2],
      [4, 6],
    ]
    expect(officialOverlap([0, 6], truths).iou).toBeCloseTo(1 / 3, 12)
    expect(setOverlap([[0, 6]], truths).iou).toBeCloseTo(2 / 3, 12)
    expect(setOverlap([], [])).toEqual({ iou: 1, iop: 0 })
    // Half of the answer exactly: rounding must not put it below the threshold.
    expect(setOverlap([[0, 5.8]], [[0, 2.9]]).iop).toBe(0.5)
    expect(
      setOverlap(
        [
          [0, 5.2],
          [5, 9],
        ],
        [[1.6, 4.3]],
      ),
    ).toEqual({ iou: 0.3, iop: 0.3 })
  })
})
