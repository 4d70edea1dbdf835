import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { random } from '../../core/index.ts'
import { bootstrap, columnValue, compare, type MetricColumn, quantileInterval } from '../../eval/index.ts'

const settings = { seed: 3, resamples: 2000, confidence: 0.95 }
const column = (values: ReadonlyArray<number>, more: Partial<MetricColumn> = {}): MetricColumn => ({
  metric: 'm',
  values: Float64Array.from(values),
  scale: 100,
  ...more,
})

describe('bootstrap', () => {
  const draw = random(5)
  const values = Array.from({ length: 400 }, () => (draw.next() < 0.3 ? 1 : 0))
  const videos = values.map((_, i) => `v${i}`)

  it('agrees with the binomial interval where every sample has its own video', () => {
    const [low, high] = bootstrap([column(values)], videos, settings)[0]!
    const share = columnValue(column(values)) / 100
    const deviation = 100 * Math.sqrt((share * (1 - share)) / values.length)
    expect(low).toBeCloseTo(100 * share - 1.96 * deviation, 0)
    expect(high).toBeCloseTo(100 * share + 1.96 * deviation, 0)
  })

  it('is fixed by its seed', () => {
    expect(bootstrap([column(values)], videos, settings)).toEqual(
      bootstrap([column(values)], videos, settings),
    )
    const other = { ...settings, seed: 4 }
    expect(bootstrap([column(values)], videos, other)).not.toEqual(
      bootstrap([column(values)], videos, settings),
    )
  })

  it('is wider where samples of one video agree', () => {
    const repeated = values.flatMap((value) => [value, value, value, value])
    const clustered = repeated.map((_, i) => `v${Math.floor(i / 4)}`)
    const alone = repeated.map((_, i) => `v${i}`)
    const width = (of: ReadonlyArray<string>) => {
      const [low, high] = bootstrap([column(repeated)], of, settings)[0]!
      return high - low
    }
    expect(width(clustered) / width(alone)).toBeGreaterThan(1.7)
  })

  it('leaves out what is not counted, and takes roots', () => {
    const counted = Uint8Array.from([1, 0, 1])
    expect(columnValue(column([4, 100, 4], { counted, scale: 1, root: true }))).toBe(2)
    expect(columnValue(column([1], { counted: Uint8Array.of(0) }))).toBeNaN()
    const [low, high] = bootstrap([column([4, 100, 4], { counted, scale: 1 })], ['a', 'a', 'b'], settings)[0]!
    expect([low, high]).toEqual([4, 4])
  })

  it('interpolates quantiles', () =>
    expect(quantileInterval(Float64Array.from([0, 1, 2, 3, 4]), 0.5)).toEqual([1, 3]))

  it('compares two runs on the same videos', () => {
    const better = values.map((value, i) => (i % 10 === 0 ? 1 : value))
    const [same] = compare([column(values)], [column(values)], videos, settings)
    expect(same).toMatchObject({ difference: 0, interval: [0, 0], p: 1 })
    const [found] = compare([column(values)], [column(better)], videos, settings)
    expect(found!.difference).toBeCloseTo(found!.b - found!.a, 12)
    expect(found!.interval[0]).toBeGreaterThan(0)
    expect(found!.p).toBeLessThan(0.01)
  })

  it('gives the same p whichever run comes first, never 0, and 1 for a run with itself', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.boolean(), fc.boolean(), fc.nat(2)), { minLength: 2, maxLength: 8 }),
        (rows) => {
          // Every third sample does not count: some resamples lack the metric.
          const counted = Uint8Array.from(rows, ([, , type]) => (type === 0 ? 0 : 1))
          const of = (which: 0 | 1) => ({ ...column(rows.map((row) => Number(row[which]))), counted })
          const names = rows.map((_, i) => `v${i}`)
          const few = { seed: 3, resamples: 99, confidence: 0.95 }
          const [there] = compare([of(0)], [of(1)], names, few)
          const [back] = compare([of(1)], [of(0)], names, few)
          const [self] = compare([of(0)], [of(0)], names, few)
          const videosCounted = counted.reduce((sum, bit) => sum + bit, 0)
          expect(back!.p).toEqual(there!.p)
          expect(self!.p).toEqual(videosCounted > 1 ? 1 : Number.NaN)
          if (videosCounted > 1) expect(there!.p).toBeGreaterThanOrEqual(0.02)
          else expect(there!.p).toBeNaN()
        },
      ),
    )
  })

  it('divides by the resamples that have the metric', () => {
    // Two of three videos count. A resample without either has no metric; in all others the second run is better.
    const counted = Uint8Array.from([1, 1, 0])
    const few = { seed: 1, resamples: 1000, confidence: 0.95 }
    const [found] = compare(
      [{ ...column([0, 0, 0]), counted }],
      [{ ...column([1, 1, 0]), counted }],
      ['a', 'b', 'c'],
      few,
    )
    // About 1000 / 27 resamples draw the third video three times.
    expect(found!.p).toBeGreaterThan(2 / 1001)
    expect(found!.p).toBeLessThan(2 / 900)
  })

  it('has no p where one video is all there is', () => {
    const [found] = compare([column([0, 1])], [column([1, 1])], ['a', 'a'], settings)
    expect(found).toMatchObject({ difference: 50, p: Number.NaN })
  })
})
