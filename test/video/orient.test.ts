import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { matrixOfOrientation, orient, orientationOfMatrix } from '../../video/orient.ts'

const orientations = [0, 90, 180, 270].flatMap((rotation) =>
  [false, true].map((mirrored) => ({ rotation, mirrored })),
)
/** One pixel for each letter. */
const pixels = (letters: string) =>
  Uint8Array.from(letters, (letter) => letter.charCodeAt(0)).reduce<Uint8Array>(
    (rgb, value, i) => rgb.fill(value, 3 * i, 3 * i + 3),
    new Uint8Array(3 * letters.length),
  )
const letters = (rgb: Uint8Array) => String.fromCharCode(...rgb.filter((_, i) => i % 3 === 0))

describe('orient', () => {
  it('turns clockwise', () => {
    // a b   ->   c a
    // c d        d b
    const turned = (rotation: number) => letters(orient(pixels('abcd'), 2, 2, { rotation, mirrored: false }))
    expect([0, 90, 180, 270].map(turned)).toEqual(['abcd', 'cadb', 'dcba', 'bdac'])
  })

  it('mirrors left to right before it turns', () => {
    // a b c   ->   c b a      turned by 90 degrees:  f c
    // d e f        f e d                             e b
    //                                                d a
    const turned = (rotation: number) => letters(orient(pixels('abcdef'), 3, 2, { rotation, mirrored: true }))
    expect([0, 90, 180].map(turned)).toEqual(['cbafed', 'fcebda', 'defabc'])
  })

  it('moves every pixel where the display matrix says', () => {
    const sides = fc.integer({ min: 1, max: 7 })
    fc.assert(
      fc.property(sides, sides, fc.constantFrom(...orientations), (width, height, orientation) => {
        const view = new DataView(matrixOfOrientation(orientation).buffer)
        const [a, b, , c, d] = [0, 4, 8, 12, 16].map((at) => view.getInt32(at, true) / 65536)
        const rgb = Uint8Array.from({ length: width * height * 3 }, (_, i) => Math.floor(i / 3))
        const out = orient(rgb, width, height, orientation)
        const wide = orientation.rotation % 180 === 0 ? width : height
        for (let y = 0; y < height; y++)
          for (let x = 0; x < width; x++) {
            // A picture's place is its corner after the turn: negative steps count from the far side.
            const right = a! * x + c! * y + (a! < 0 ? width - 1 : 0) + (c! < 0 ? height - 1 : 0)
            const down = b! * x + d! * y + (b! < 0 ? width - 1 : 0) + (d! < 0 ? height - 1 : 0)
            expect(out[(down * wide + right) * 3]).toBe(y * width + x)
          }
      }),
    )
  })
})

describe('orientationOfMatrix', () => {
  it('reads back every matrix that matrixOfOrientation writes', () => {
    for (const orientation of orientations)
      expect(orientationOfMatrix(matrixOfOrientation(orientation))).toEqual(orientation)
    expect(orientationOfMatrix(new Uint8Array(3))).toEqual({ rotation: 0, mirrored: false })
  })
})
