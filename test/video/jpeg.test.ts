import { expect, it } from 'vitest'
import { encodePicture } from '../../video/index.ts'
import { hasScan } from '../../video/jpeg.ts'

it('knows a JPEG whose header or scan was lost', () => {
  const jpeg = encodePicture({ width: 16, height: 16, rgb: new Uint8Array(768).fill(90) }, { format: 'jpeg' })
  expect(hasScan(jpeg)).toBe(true)
  for (const marker of [0xc0, 0xda]) {
    const spoilt = Buffer.from(jpeg)
    const at = spoilt.indexOf(Buffer.of(0xff, marker))
    spoilt.fill(0, at, at + 4)
    expect(hasScan(spoilt)).toBe(false)
  }
  expect(hasScan(jpeg.subarray(0, 40))).toBe(false)
})
