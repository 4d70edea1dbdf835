import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { derivedTimes, markersOf } from '../../../models/openai/markers.ts'

describe('markersOf', () => {
  it('lets the processor derive the true times of a varying rate and of a late start', () => {
    // 25 frames at 25, 25 at 5 and 25 at 50 frames per second, every 12th of them.
    const starts = Array.from({ length: 75 }, (_, i) =>
      i < 25 ? i / 25 : i < 50 ? 1 + (i - 25) / 5 : 6 + (i - 50) / 50,
    )
    const varying = starts.filter((_, i) => i % 12 === 0)
    const late = [3.48, 3.98, 4.48]
    for (const times of [varying, late]) {
      const { fps, indices } = markersOf(times, 6.5)
      indices.forEach((index, i) => {
        expect(Math.abs(index / fps - times[i]!)).toBeLessThanOrEqual(0.5 / fps)
      })
      derivedTimes({ fps, indices }).forEach((time, pair) => {
        const mean = (times[2 * pair]! + (times[2 * pair + 1] ?? times[2 * pair]!)) / 2
        expect(time).toBeCloseTo(mean, 3)
      })
    }
  })

  it('gives whole numbers that do not fall and lie below the total, for any times', () => {
    const times = fc.array(fc.double({ min: 0, max: 1e5, noNaN: true }), { minLength: 1 })
    fc.assert(
      fc.property(times, (any) => {
        const rising = any.toSorted((a, b) => a - b)
        const { indices, total } = markersOf(rising, rising.at(-1)!)
        expect(indices.every((index, i) => Number.isInteger(index) && index >= (indices[i - 1] ?? 0))).toBe(
          true,
        )
        expect(indices.at(-1)!).toBeLessThan(total)
      }),
    )
  })
})
