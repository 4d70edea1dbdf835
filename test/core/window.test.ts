import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Windows } from '../../core/index.ts'

const window = fc
  .tuple(fc.integer({ min: 0, max: 200 }), fc.integer({ min: 0, max: 60 }))
  .map(([start, length]) => [start / 4, (start + length) / 4] as const)
const windows = fc.array(window, { maxLength: 6 })

/** Membership on a quarter-second grid: the obvious restatement of set operations on time. */
const cells = (list: ReadonlyArray<Windows.Window>) =>
  new Set(list.flatMap(([s, e]) => Array.from({ length: Math.round((e - s) * 4) }, (_, i) => s * 4 + i)))

describe('windows', () => {
  it('give an IoU that is symmetric, in [0, 1] and invariant under shift', () => {
    fc.assert(
      fc.property(window, window, fc.integer({ min: 0, max: 100 }), (a, b, by) => {
        const value = Windows.iou(a, b)
        expect(value).toBe(Windows.iou(b, a))
        expect(value).toBeGreaterThanOrEqual(0)
        expect(value).toBeLessThanOrEqual(1)
        expect(Windows.iou([a[0] + by, a[1] + by], [b[0] + by, b[1] + by])).toBeCloseTo(value, 12)
      }),
    )
  })

  it('agree with sets of quarter seconds', () => {
    fc.assert(
      fc.property(windows, windows, (a, b) => {
        const [left, right] = [cells(a), cells(b)]
        const union = left.union(right).size
        expect(Windows.coverage(a)).toBeCloseTo(left.size / 4, 12)
        const expected = union > 0 ? left.intersection(right).size / union : a.length + b.length === 0 ? 1 : 0
        expect(Windows.setIou(a, b)).toBeCloseTo(expected, 12)
      }),
    )
  })

  it('leave nothing over between a list and its complement', () => {
    fc.assert(
      fc.property(windows, (list) => {
        const bounds = [0, 70] as const
        const rest = Windows.complement(list, bounds)
        expect(Windows.coverage(rest) + Windows.coverage(Windows.clip(list, bounds))).toBeCloseTo(70, 9)
        expect(Windows.setIou(Windows.complement(rest, bounds), Windows.clip(list, bounds))).toBe(1)
      }),
    )
  })

  it('merge into sorted, disjoint windows, joining gaps no larger than asked', () => {
    expect(
      Windows.merge(
        [
          [5, 6],
          [0, 2],
          [2.5, 4],
        ],
        0.5,
      ),
    ).toEqual([
      [0, 4],
      [5, 6],
    ])
    fc.assert(
      fc.property(windows, (list) => {
        const merged = Windows.merge(list)
        for (let i = 1; i < merged.length; i++) expect(merged[i]![0]).toBeGreaterThan(merged[i - 1]![1])
      }),
    )
  })

  it('count two empty lists as agreement and an empty one against a window as none', () => {
    expect(Windows.setIou([], [])).toBe(1)
    expect(Windows.setIou([], [[1, 2]])).toBe(0)
    expect(Windows.iou([3, 3], [3, 3])).toBe(0)
  })
})
