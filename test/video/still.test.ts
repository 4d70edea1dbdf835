import { copyFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { crc32, deflateSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { VideoFault } from '../../video/fault.ts'
import { encodePicture, imageSize } from '../../video/index.ts'
import { probe, readClip } from '../../video/read.ts'
import { frame, scratch, video } from './files.ts'

const folder = scratch()
const [width, height] = [64, 48]
const rgb = frame(width, height, 3)
const first = { kind: 'rate', fps: 2, min: 4, max: 8 } as const

const save = (name: string, bytes: Uint8Array): string => {
  const path = join(folder, name)
  writeFileSync(path, bytes)
  return path
}
const png = encodePicture({ width, height, rgb }, { format: 'png' })
const jpeg = encodePicture({ width, height, rgb }, { format: 'jpeg', quality: 100 })

/** A JPEG with the EXIF orientation `value`, 1 to 8. */
const oriented = (value: number): Buffer => {
  const exif = Buffer.from('4578696600004d4d002a00000008000101120003000000010000000000000000', 'hex')
  exif.writeUInt16BE(value, 24)
  const head = Buffer.from([0xff, 0xd8, 0xff, 0xe1, 0, exif.length + 2])
  return Buffer.concat([head, exif, jpeg.subarray(2)])
}

/** A PNG of RGBA pixels. */
const transparent = (wide: number, tall: number, rgba: Uint8Array): Buffer => {
  const rows = Array.from({ length: tall }, (_, y) =>
    Buffer.concat([Buffer.from([0]), rgba.subarray(y * wide * 4, (y + 1) * wide * 4)]),
  )
  const head = Buffer.alloc(13)
  head.writeUInt32BE(wide, 0)
  head.writeUInt32BE(tall, 4)
  head.set([8, 6], 8)
  const chunk = (type: string, data: Uint8Array) => {
    const body = Buffer.concat([Buffer.from(type), data])
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)]
    length.writeUInt32BE(data.length)
    sum.writeUInt32BE(crc32(body))
    return Buffer.concat([length, body, sum])
  }
  return Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    chunk('IHDR', head),
    chunk('IDAT', deflateSync(Buffer.concat(rows))),
    chunk('IEND', new Uint8Array(0)),
  ])
}

/** A BMP of one row of two pixels, red and blue: 54 bytes of header, then BGR, rows padded to 4 bytes. */
const bmp = Buffer.alloc(62)
bmp.write('BM')
for (const [at, value] of [
  [2, 62],
  [10, 54],
  [14, 40],
  [18, 2],
  [22, 1],
] as const)
  bmp.writeUInt32LE(value, at)
bmp.writeUInt16LE(1, 26)
bmp.writeUInt16LE(24, 28)
bmp.set([0, 0, 255, 255, 0, 0], 54)

const faultOf = (path: string): string => {
  try {
    readClip(path, first, undefined)
  } catch (error) {
    if (error instanceof VideoFault) return `${error.reason}: ${error.message}`
    throw error
  }
  return 'no fault'
}

/** Greatest difference of two pictures. */
const apart = (one: Uint8Array, other: Uint8Array): number =>
  one.length === other.length
    ? one.reduce((most, value, i) => Math.max(most, Math.abs(value - other[i]!)), 0)
    : Number.POSITIVE_INFINITY

describe('an image', () => {
  it('is a clip of one frame at 0 s, however it is sampled', () => {
    const path = save('a.PNG', png)
    expect(probe(path)).toMatchObject({ still: true, width, height, frames: 1, duration: 1, codec: 'png' })
    for (const sampling of [first, { kind: 'count', count: 9 } as const]) {
      const clip = readClip(path, sampling, undefined)
      expect(clip).toMatchObject({ width, height, fps: 1, info: { still: true } })
      expect([...clip.times]).toEqual([0])
      expect(apart(clip.rgb, rgb)).toBe(0)
    }
    expect(readClip(path, first, undefined, undefined, undefined, { kind: 'file' }).rgb).toHaveLength(0)
    const [picture] = readClip(path, first, undefined, undefined, undefined, { kind: 'jpeg', quality: 90 })
      .encoded!
    expect(apart(readClip(save('again.jpg', picture!), first, undefined).rgb, rgb)).toBeLessThan(40)
  })

  it('is turned as its EXIF orientation says', () => {
    const upright = readClip(save('1.jpg', oriented(1)), first, undefined)
    expect(apart(upright.rgb, rgb)).toBeLessThan(40)
    const pixel = (x: number, y: number) => [
      ...upright.rgb.subarray(3 * (y * width + x), 3 * (y * width + x) + 3),
    ]
    // Which stored pixel the top left one of the upright picture is, by the table of EXIF 2.3.
    const corners = [
      ...[
        [0, 0],
        [1, 0],
        [1, 1],
        [0, 1],
      ],
      ...[
        [0, 0],
        [0, 1],
        [1, 1],
        [1, 0],
      ],
    ] as const
    for (const [index, [right, down]] of corners.entries()) {
      const clip = readClip(save(`o${index + 1}.jpeg`, oriented(index + 1)), first, undefined)
      expect([clip.width, clip.height]).toEqual(index < 4 ? [width, height] : [height, width])
      expect([...clip.rgb.subarray(0, 3)]).toEqual(pixel(right! * (width - 1), down! * (height - 1)))
    }
  })

  it('has white where it is transparent', () => {
    const rgba = Uint8Array.from([0, 0, 0, 0, 0, 0, 0, 255, 200, 100, 0, 51, 9, 9, 9, 255])
    const { rgb: shown } = readClip(save('alpha.png', transparent(2, 2, rgba)), first, undefined)
    expect([...shown]).toEqual([255, 255, 255, 0, 0, 0, 244, 224, 204, 9, 9, 9])
  })

  it('may be a BMP', () => {
    const clip = readClip(save('two.bmp', bmp), first, undefined)
    expect(clip).toMatchObject({ width: 2, height: 1 })
    expect([...clip.rgb]).toEqual([255, 0, 0, 0, 0, 255])
  })

  it('that cannot be read is one line, as is a file of the other kind', () => {
    const film = video(folder, 'film', 4)
    copyFileSync(film, join(folder, 'film.png'))
    expect(faultOf(join(folder, 'film.png'))).toMatch(/^unreadable: not a PNG, JPEG, WebP or BMP image/)
    for (const [name, bytes] of Object.entries({ 'p.mp4': png, 'j.mp4': jpeg, 'p.mkv': png, 'b.mp4': bmp }))
      expect(faultOf(save(name, bytes))).toMatch(/^unreadable: it holds an image, not a video; /)
    for (const [name, bytes] of Object.entries({ 'cut.png': png, 'cut.jpg': jpeg }))
      expect(faultOf(save(name, bytes.subarray(0, bytes.length >> 1)))).toMatch(
        /^damaged: the image cannot be decoded/,
      )
    expect(faultOf(save('head.jpg', jpeg.subarray(0, 40)))).toMatch(/^damaged: the image has no picture data/)
    expect(faultOf(save('no.webp', new Uint8Array(0)))).toMatch(/^empty: the image file is empty/)
    expect(faultOf(join(folder, 'none.bmp'))).toMatch(/^missing: the image file is missing/)
  })

  it('has the size of the image rule, which enlarges, and its frames that of videos', () => {
    const budget = {
      maxPixels: 1024 * 20,
      clipPixels: 4096,
      factor: 32,
      image: { minPixels: 16_384, maxPixels: 32_768 },
    }
    expect(readClip(save('small.png', png), first, budget)).toMatchObject({ width: 160, height: 128 })
    expect(readClip(video(folder, 'same', 1), first, budget)).toMatchObject({ width: 32, height: 32 })
    fc.assert(
      fc.property(fc.integer({ min: 20, max: 4000 }), fc.integer({ min: 20, max: 4000 }), (tall, wide) => {
        const [high, broad] = imageSize(tall, wide, budget)
        expect([high % 32, broad % 32]).toEqual([0, 0])
        if (Math.max(tall, wide) < 8 * Math.min(tall, wide)) {
          expect(high * broad).toBeLessThanOrEqual(budget.image.maxPixels)
          expect(high * broad).toBeGreaterThanOrEqual(budget.image.minPixels / 2)
        }
      }),
    )
  })
})
