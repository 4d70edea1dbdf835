import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { resize } from '../../video/index.ts'

interface Golden {
  readonly cases: ReadonlyArray<{
    readonly height: number
    readonly width: number
    readonly toHeight: number
    readonly toWidth: number
    readonly rgb: string
  }>
}
const golden: Golden = JSON.parse(
  readFileSync(new URL('../fixtures/video/resize.json', import.meta.url), 'utf8'),
)

/** The picture of test/fixtures/video/make.py. */
const picture = (height: number, width: number): Uint8Array => {
  const rgb = new Uint8Array(height * width * 3)
  for (let y = 0, o = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let c = 0; c < 3; c++, o++) {
        rgb[o] = (x * x * 7 + y * 13 + c * 91 + x * y * 3) % 256
        if ((Math.floor(x / 5) + Math.floor(y / 4)) % 3 === 0) rgb[o] = 255
        if ((Math.floor(x / 6) + Math.floor(y / 3)) % 4 === 1) rgb[o] = 0
      }
  return rgb
}

describe('resize', () => {
  for (const { height, width, toHeight, toWidth, rgb } of golden.cases)
    it(`equals torch from ${width}x${height} to ${toWidth}x${toHeight}`, () => {
      const ours = resize(picture(height, width), width, height, toWidth, toHeight)
      const theirs = Buffer.from(rgb, 'base64')
      expect(ours.length).toBe(theirs.length)
      const worst = theirs.reduce((most, value, i) => Math.max(most, Math.abs(value - ours[i]!)), 0)
      expect(worst).toBeLessThanOrEqual(1)
    })

  it('keeps a plain picture plain at any size', () => {
    const side = fc.integer({ min: 1, max: 40 })
    fc.assert(
      fc.property(side, side, side, side, fc.integer({ min: 0, max: 255 }), (w, h, W, H, grey) => {
        const out = resize(new Uint8Array(w * h * 3).fill(grey), w, h, W, H)
        expect(out.length).toBe(W * H * 3)
        expect(out.every((value) => Math.abs(value - grey) <= 1)).toBe(true)
      }),
      { numRuns: 60 },
    )
  })

  it('returns the same pixels for the same size', () => {
    const rgb = picture(5, 7)
    expect(resize(rgb, 7, 5, 7, 5)).toBe(rgb)
  })
})
