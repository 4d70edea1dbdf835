import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { roundHalfEven } from '../../core/index.ts'
import { clipSize, smartResize, smartResizeVideo } from '../../video/index.ts'

type Five = [number, number, number, number, number]
type Six = [number, number, number, number, number, number]
const golden: { readonly images: Array<[Five, number[]]>; readonly videos: Array<[Six, number[]]> } =
  JSON.parse(readFileSync(new URL('../fixtures/video/sizes.json', import.meta.url), 'utf8'))

describe('smartResize', () => {
  it('equals smart_resize of the Qwen2-VL image processor', () => {
    for (const [given, size] of golden.images) expect([given, smartResize(...given)]).toEqual([given, size])
  })

  it('equals smart_resize of the Qwen3-VL video processor', () => {
    for (const [given, size] of golden.videos)
      expect([given, smartResizeVideo(...given)]).toEqual([given, size])
  })

  it('gives multiples of the factor, and within the budget unless a side is at its least', () => {
    const side = fc.integer({ min: 32, max: 2000 })
    fc.assert(
      fc.property(side, side, fc.integer({ min: 32 * 32, max: 1 << 20 }), (height, width, budget) => {
        const [tall, wide] = smartResize(height, width, 32, 1024, budget)
        expect(tall % 32).toBe(0)
        expect(wide % 32).toBe(0)
        if (tall > 32 && wide > 32) expect(tall * wide).toBeLessThanOrEqual(budget)
      }),
    )
  })

  it('refuses a sliver', () => {
    expect(() => smartResize(2, 1000, 32, 1024, 65536)).toThrow(RangeError)
    expect(() => smartResizeVideo(1, 64, 64, 32, 1024, 65536)).toThrow(RangeError)
  })

  it('rounds halves to even, as Python does', () => {
    expect([0.5, 1.5, 2.5, 3.49, 3.51].map(roundHalfEven)).toEqual([0, 2, 2, 3, 4])
  })
})

describe('clipSize', () => {
  const budget = { factor: 32, maxPixels: 786_432, clipPixels: 3584 * 2048 }

  it('shows a short clip in its own size and shares the budget among the frames of a long one', () => {
    expect(clipSize(20, 360, 640, budget)).toEqual([352, 640])
    const [tall, wide] = clipSize(120, 360, 640, budget)
    expect(120 * tall * wide).toBeLessThanOrEqual(3584 * 2048)
    expect(120 * tall * wide).toBeGreaterThan(0.8 * 3584 * 2048)
  })

  it('limits a single frame and never enlarges one', () => {
    const [tall, wide] = clipSize(2, 2160, 3840, budget)
    expect(tall * wide).toBeLessThanOrEqual(786_432)
    expect(clipSize(2, 32, 64, budget)).toEqual([32, 64])
    expect(clipSize(1, 100, 100, budget)).toEqual([96, 96])
  })

  it('is the size of a frame by itself without a budget of the whole clip', () =>
    expect(clipSize(999, 360, 640, { factor: 32, maxPixels: 4096 })).toEqual(
      smartResize(360, 640, 32, 1024, 4096),
    ))
})
