import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  deviation,
  extent,
  fitPrior,
  mean,
  populationDeviation,
  quantiles,
  spreadOver,
} from '../../core/index.ts'

describe('statistics', () => {
  it('of nothing have no division by zero', () => {
    expect([mean([]), deviation([]), deviation([3]), populationDeviation([])]).toEqual([0, 0, 0, 0])
    expect(quantiles([], [0.5])).toEqual([Number.NaN])
  })

  it('divide by n - 1 for a sample, by n for a population', () => {
    expect(deviation([1, 3])).toBeCloseTo(Math.SQRT2)
    expect(populationDeviation([1, 3])).toBe(1)
  })

  it('interpolate between order statistics as NumPy does', () => {
    expect(quantiles([4, 1, 3, 2], [0, 0.25, 0.5, 1])).toEqual([1, 1.75, 2.5, 4])
    fc.assert(
      fc.property(fc.array(fc.double({ noNaN: true, min: -1e6, max: 1e6 }), { minLength: 1 }), (values) => {
        const [low, middle, high] = quantiles(values, [0, 0.5, 1])
        expect(low! - Math.min(...values)).toBeCloseTo(0, 12)
        expect(high! - Math.max(...values)).toBeCloseTo(0, 12)
        expect(middle).toBeGreaterThanOrEqual(low!)
        expect(middle).toBeLessThanOrEqual(high!)
      }),
    )
  })
})

it('finds the ends of a list that is longer than the stack is deep', () => {
  expect(extent(Array.from({ length: 300_000 }, (_, i) => (i * 7) % 300_000))).toEqual([0, 299_999])
  expect(extent([])).toEqual([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])
})

it('spreads a choice over the whole of a list, and takes all of a short one', () => {
  expect(spreadOver([0, 1, 2], 8)).toEqual([0, 1, 2])
  expect(spreadOver([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], 4)).toEqual([0, 2, 5, 7])
  expect(spreadOver([], 8)).toEqual([])
})

describe('the prior', () => {
  const at = (start: number, end: number) => ({ duration: 20, windows: [[start, end]] as const })

  it('is the constant window with the best mean IoU, found to one per cent', () => {
    expect(fitPrior([at(5, 10), at(5, 10), at(0, 20)])).toMatchObject({ start: 0.25, end: 0.5 })
    expect(fitPrior([at(6.2, 12.6)])).toMatchObject({ start: 0.31, end: 0.63 })
  })

  it('is the whole clip where nothing can be fitted', () =>
    expect(fitPrior([{ duration: null, windows: [[1, 2]] }])).toMatchObject({ start: 0, end: 1 }))
})
