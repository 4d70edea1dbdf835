import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { auprc, auroc, detection, ranks, recallAtFalseAlarms, spearman } from '../../eval/index.ts'

const small = fc.integer({ min: 0, max: 6 })
const labelled = fc.array(fc.tuple(small, fc.boolean()), { minLength: 2, maxLength: 30 })
const split = (rows: ReadonlyArray<readonly [number, boolean]>) => ({
  scores: rows.map(([score]) => score),
  positive: rows.map(([, label]) => label),
})

describe('ranks', () => {
  it('are one more than the number below, plus half the other equals', () =>
    fc.assert(
      fc.property(fc.array(small), (values) => {
        const slow = values.map(
          (value) =>
            1 + values.filter((v) => v < value).length + (values.filter((v) => v === value).length - 1) / 2,
        )
        expect(Array.from(ranks(values))).toEqual(slow)
      }),
    ))

  it('give Spearman its known values', () => {
    expect(spearman([1, 2, 3, 4], [10, 20, 30, 1000])).toBe(1)
    expect(spearman([1, 2, 3], [3, 2, 1])).toBe(-1)
    // Ranks 1, 2.5, 2.5, 4 against 1, 2, 3, 4: covariance 4.5, variances 4.5 and 5.
    expect(spearman([1, 2, 2, 3], [1, 2, 3, 4])).toBeCloseTo(4.5 / Math.sqrt(4.5 * 5), 12)
    expect(spearman([1, 1, 1], [1, 2, 3])).toBeNaN()
  })

  it('make Spearman blind to monotone changes', () =>
    fc.assert(
      fc.property(fc.array(fc.tuple(small, small), { minLength: 3 }), (rows) => {
        const a = rows.map(([x]) => x)
        const b = rows.map(([, y]) => y)
        const changed = a.map((x) => Math.exp(x) - 5)
        expect(spearman(changed, b)).toEqual(spearman(a, b))
      }),
    ))
})

describe('detection', () => {
  it('AUROC is the share of pairs in the right order, ties half', () =>
    fc.assert(
      fc.property(labelled, (rows) => {
        const { scores, positive } = split(rows)
        let pairs = 0
        let right = 0
        for (const [a, isPositive] of rows)
          for (const [b, other] of rows)
            if (isPositive && !other) {
              pairs++
              right += a > b ? 1 : a === b ? 0.5 : 0
            }
        if (pairs === 0) expect(auroc(scores, positive)).toBeNaN()
        else expect(auroc(scores, positive)).toBeCloseTo(right / pairs, 12)
      }),
    ))

  it('AUPRC sums precision over recall steps', () =>
    fc.assert(
      fc.property(labelled, (rows) => {
        const { scores, positive } = split(rows)
        const positives = positive.filter(Boolean).length
        if (positives === 0) {
          expect(auprc(scores, positive)).toBeNaN()
          return
        }
        let area = 0
        let before = 0
        for (const threshold of [...new Set(scores)].toSorted((a, b) => b - a)) {
          const { precision, recall } = detection(
            scores.map((score) => score >= threshold),
            positive,
          )
          area += (recall - before) * precision
          before = recall
        }
        expect(auprc(scores, positive)).toBeCloseTo(area, 12)
      }),
    ))

  it('recall at a rate of false alarms is the best of all thresholds', () =>
    fc.assert(
      fc.property(labelled, fc.constantFrom(0, 0.1, 0.3, 1), (rows, rate) => {
        const { scores, positive } = split(rows)
        const best = [...new Set(scores)]
          .map((threshold) =>
            detection(
              scores.map((score) => score >= threshold),
              positive,
            ),
          )
          .filter(({ falseAlarms }) => falseAlarms <= rate)
          .reduce((most, { recall }) => Math.max(most, recall), 0)
        expect(recallAtFalseAlarms(scores, positive, rate)).toBeCloseTo(best, 12)
      }),
    ))

  it('counts flags', () =>
    expect(detection([1, 1, 0, 0], [1, 0, 1, 0])).toEqual({
      precision: 0.5,
      recall: 0.5,
      f1: 0.5,
      falseAlarms: 0.5,
      flagged: 2,
      positives: 2,
      n: 4,
    }))
})
