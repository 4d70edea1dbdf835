import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { marginOf } from '../../agents/index.ts'
import { type Window, Windows } from '../../core/index.ts'
import {
  framesPerToken,
  maskRatio,
  maskRecipe,
  maskScheduleKinds,
  priorIou,
  visibleWindows,
} from '../../curriculum/index.ts'

const clip = fc.record({
  seed: fc.integer({ min: 0, max: 1000 }),
  sampleId: fc.string(),
  windows: fc.array(
    fc
      .tuple(fc.double({ min: 0, max: 30, noNaN: true }), fc.double({ min: 0, max: 5, noNaN: true }))
      .map(([start, length]): Window => [start, start + length]),
    { maxLength: 3 },
  ),
  duration: fc.constant(32),
  frameTimes: fc.integer({ min: 1, max: 65 }).map((n) => Array.from({ length: n }, (_, i) => i / 2)),
})
const share = fc.double({ min: 0, max: 1, noNaN: true })

describe('maskRecipe', () => {
  it('is nested: what a higher ratio shows, every lower ratio shows too', () => {
    fc.assert(
      fc.property(clip, share, share, (request, a, b) => {
        const more = maskRecipe({ ...request, ratio: Math.max(a, b) })
        const less = maskRecipe({ ...request, ratio: Math.min(a, b) })
        expect(less.hidden.every((bit, i) => bit <= more.hidden[i]!)).toBe(true)
      }),
    )
  })

  it('never hides annotated time or its margin, and hides whole pairs', () => {
    fc.assert(
      fc.property(clip, share, (request, ratio) => {
        const { hidden } = maskRecipe({ ...request, ratio })
        const margin = marginOf(request.duration)
        const kept = request.windows.map(([start, end]): Window => [start - margin, end + margin])
        request.frameTimes.forEach((time, i) => {
          if (Windows.covers(kept, time)) expect(hidden[i]).toBe(0)
        })
        for (let i = 0; i + 1 < hidden.length; i += framesPerToken) expect(hidden[i]).toBe(hidden[i + 1])
        expect(hidden.includes(0)).toBe(true)
      }),
    )
  })

  it('hides the asked share of the hidable groups, the same ones for the same seed', () => {
    const frameTimes = Array.from({ length: 32 }, (_, i) => i / 2)
    const request = { seed: 3, sampleId: 'a', windows: [[6, 7]] as Array<Window>, duration: 16, frameTimes }
    const recipe = maskRecipe({ ...request, ratio: 0.5 })
    // Visible: 4 s to 9 s, hence the pairs that start at 4, 5, ... 9; ten pairs may be hidden.
    expect(recipe.hidable).toBe(20)
    expect(recipe.share).toBe(10 / 32)
    expect(maskRecipe({ ...request, ratio: 0.5 })).toEqual(recipe)
    expect(maskRecipe({ ...request, seed: 4, ratio: 0.5 }).digest).not.toBe(recipe.digest)
    expect(maskRecipe({ ...request, ratio: 0 }).share).toBe(0)
    expect(maskRecipe({ ...request, ratio: 1 }).share).toBe(20 / 32)
    expect(() => maskRecipe({ ...request, ratio: 1.1 })).toThrow(RangeError)
  })

  it.each([
    [0.28, 25, 7],
    [0.56, 25, 14],
    [0.3, 25, 8],
  ])('hides %d of %d groups as %d', (ratio, groups, hidden) => {
    const frameTimes = Array.from({ length: 2 * groups + 2 }, (_, i) => i)
    const windows: Array<Window> = [[2 * groups, 2 * groups + 1]]
    const request = { seed: 0, sampleId: 'a', windows, margin: 0, duration: 2 * groups + 2, frameTimes }
    expect(maskRecipe({ ...request, ratio }).hidden.filter((bit) => bit === 1).length).toBe(2 * hidden)
  })

  it('measures what the visible time alone gives away', () => {
    const frameTimes = Array.from({ length: 32 }, (_, i) => i / 2)
    const truths: Array<Window> = [[6, 7]]
    const open = maskRecipe({ seed: 0, sampleId: 'a', windows: truths, duration: 16, frameTimes, ratio: 0 })
    const shut = maskRecipe({ seed: 0, sampleId: 'a', windows: truths, duration: 16, frameTimes, ratio: 1 })
    expect(priorIou(truths, visibleWindows(open, frameTimes, 16))).toBeCloseTo(1 / 16)
    expect(visibleWindows(shut, frameTimes, 16)).toEqual([[3.75, 9.75]])
    expect(priorIou(truths, visibleWindows(shut, frameTimes, 16))).toBeCloseTo(1 / 6)
  })
})

describe('maskRatio', () => {
  it('starts at r0, never rises, and is 0 from the end on', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...maskScheduleKinds),
        share,
        share,
        fc.integer({ min: 1, max: 50 }),
        (kind, start, until, steps) => {
          const schedule = { kind, start, until }
          const ratios = Array.from({ length: steps + 1 }, (_, step) => maskRatio(schedule, step, steps))
          if (until * steps > 1e-6) expect(ratios[0]).toBeCloseTo(kind === 'none' ? 0 : start)
          for (let i = 1; i < ratios.length; i++) expect(ratios[i]!).toBeLessThanOrEqual(ratios[i - 1]!)
          expect(ratios.at(-1)).toBe(0)
        },
      ),
    )
    expect(maskRatio({ kind: 'linear', start: 0.8, until: 0.5 }, 25, 100)).toBeCloseTo(0.4)
  })

  it('ends exactly at a share of the steps, whatever floating point makes of the product', () => {
    for (let steps = 1; steps <= 100; steps++)
      for (let hundredths = 0; hundredths <= 100; hundredths++) {
        const schedule = { kind: 'step', start: 0.8, until: hundredths / 100 } as const
        const masked = Array.from({ length: steps }, (_, step) => maskRatio(schedule, step, steps) > 0)
        expect(masked.filter(Boolean).length).toBe(Math.ceil((hundredths * steps) / 100))
      }
  })
})
