import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Clip, encodePicture, frameOf, maskClip, selectFrames } from '../../video/index.ts'

const clip: Clip = {
  width: 2,
  height: 1,
  times: Float64Array.from([0, 1, 2, 3]),
  rgb: Uint8Array.from({ length: 24 }, (_, i) => i + 1),
  blank: new Uint8Array(4),
  fps: 1,
  indices: Int32Array.from([0, 25, 50, 75]),
  info: {
    path: 'a.mp4',
    duration: 4,
    fps: 25,
    width: 2,
    height: 1,
    rotation: 0,
    frames: 100,
    variableFrameRate: false,
    codec: 'h264',
  },
}

describe('maskClip', () => {
  it('blanks what is not visible and keeps the grid', () => {
    const masked = maskClip(clip, [[1, 2]], 'blank')
    expect(Array.from(masked.blank)).toEqual([1, 0, 0, 1])
    expect(Array.from(frameOf(masked, 0))).toEqual([0, 0, 0, 0, 0, 0])
    expect(frameOf(masked, 1)).toEqual(frameOf(clip, 1))
    expect(masked.times).toEqual(clip.times)
    expect(Array.from(clip.blank)).toEqual([0, 0, 0, 0])
  })

  it('drops what is not visible', () => {
    const masked = maskClip(clip, [[0.5, 2.5]], 'drop')
    expect(Array.from(masked.times)).toEqual([1, 2])
    expect(Array.from(masked.indices)).toEqual([25, 50])
    expect(Array.from(masked.rgb)).toEqual(Array.from(clip.rgb.subarray(6, 18)))
    expect(maskClip(clip, [], 'drop').times).toHaveLength(0)
  })

  it('shows more with more windows', () => {
    const window = fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 3 }))
    const windows = fc.array(window.map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const))
    fc.assert(
      fc.property(windows, windows, (few, others) => {
        const less = maskClip(clip, few, 'blank').blank
        const more = maskClip(clip, [...few, ...others], 'blank').blank
        expect(more.every((blank, i) => blank <= less[i]!)).toBe(true)
      }),
    )
  })
})

describe('selectFrames', () => {
  it('selects by time and place', () => {
    expect(Array.from(selectFrames(clip, (time, place) => time > 1 && place < 3).times)).toEqual([2])
  })
})

describe('pictures', () => {
  it('writes PNG and JPEG bytes, the same each time, JPEG by its quality', () => {
    const rgb = Uint8Array.from({ length: 64 * 48 * 3 }, (_, i) => (i * i) % 251)
    const picture = { width: 64, height: 48, rgb }
    const png = encodePicture(picture, { format: 'png' })
    expect(Buffer.from(png.subarray(0, 8)).toString('latin1')).toBe('\x89PNG\r\n\x1a\n')
    expect(encodePicture(picture, { format: 'png' })).toEqual(png)
    const good = encodePicture(picture, { format: 'jpeg', quality: 95 })
    const poor = encodePicture(picture, { format: 'jpeg', quality: 20 })
    expect(Array.from(good.subarray(0, 3))).toEqual([0xff, 0xd8, 0xff])
    expect(poor.length).toBeLessThan(good.length / 2)
  })

  it('refuses pixels that do not fill the picture', () => {
    expect(() => encodePicture({ width: 2, height: 2, rgb: new Uint8Array(3) }, { format: 'png' })).toThrow(
      /2x2/,
    )
  })
})
