import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { derivedRate, derivedTimes, markersOf } from '../../../models/openai/markers.ts'

describe('markersOf', () => {
  it('lets the processor derive the true times of a varying rate and of a late start', () => {
    // 25 frames at 25, 25 at 5 and 25 at 50 frames per second, every 12th of them.
    const starts = Array.from({ length: 75 }, (_, i) =>
      i < 25 ? i / 25 : i < 50 ? 1 + (i - 25) / 5 : 6 + (i - 50) / 50,
    )
    const varying = starts.filter((_, i) => i % 12 === 0)
    const late = [3.48, 3.98, 4.48]
    for (const times of [varying, late])
      derivedTimes(markersOf(times, 2)).forEach((time, i) => {
        expect(Math.abs(time - times[i]!)).toBeLessThanOrEqual(0.0005 + 1e-9)
      })
  })

  it('lets the processor derive the sampling rate, whatever the length of the video', () => {
    // 3.1 s at 2 frames per second: 7 frames over 3.1 s would be 2.26.
    expect(derivedRate(markersOf([0, 0.5, 1, 1.5, 2, 2.5, 3], 2))).toBe(2)
    expect(derivedRate(markersOf([0, 0.125, 0.25], 8))).toBe(8)
  })

  it('gives whole numbers that do not fall and lie below the total, for any times', () => {
    const times = fc.array(fc.double({ min: 0, max: 1e5, noNaN: true }), { minLength: 1 })
    fc.assert(
      fc.property(times, (any) => {
        const rising = any.toSorted((a, b) => a - b)
        const { indices, total } = markersOf(rising, 2)
        expect(indices.every((index, i) => Number.isInteger(index) && index >= (indices[i - 1] ?? 0))).toBe(
          true,
        )
        expect(indices.at(-1)!).toBeLessThan(total)
      }),
    )
  })
})
