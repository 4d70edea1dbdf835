/** How a stored picture becomes upright: mirrored left to right first, then turned clockwise. */
export interface Orientation {
  /** 0, 90, 180 or 270 degrees. */
  readonly rotation: number
  readonly mirrored: boolean
}

const quarter = (turns: number) => ((turns % 4) + 4) % 4

/** Cosine and sine of a clockwise turn by a multiple of 90 degrees. */
const turn = (degrees: number): readonly [cos: number, sin: number] => {
  const turns = quarter(degrees / 90)
  return [[1, 0, -1, 0][turns]!, [0, 1, 0, -1][turns]!]
}

/**
 * Makes an RGB frame `[height, width, 3]` upright; for 90 and 270 degrees the result is `[width, height, 3]`. Returns
 * the same array where nothing changes.
 */
export const orient = (
  rgb: Uint8Array,
  width: number,
  height: number,
  { rotation, mirrored }: Orientation,
): Uint8Array => {
  if (rotation === 0 && !mirrored) return rgb
  const out = new Uint8Array(rgb.length)
  const [cos, sin] = turn(rotation)
  const stride = rotation % 180 === 0 ? width : height
  // How far a step right or down in the source moves the target, and where the first source pixel lands.
  const right = (mirrored ? -1 : 1) * (cos + sin * stride)
  const down = -sin + cos * stride
  const origin = (right < 0 ? -right * (width - 1) : 0) + (down < 0 ? -down * (height - 1) : 0)
  for (let y = 0, p = 0; y < height; y++) {
    for (let x = 0; x < width; x++, p += 3) {
      const o = (origin + x * right + y * down) * 3
      out[o] = rgb[p]!
      out[o + 1] = rgb[p + 1]!
      out[o + 2] = rgb[p + 2]!
    }
  }
  return out
}

const fixed = 65536

/**
 * The orientation that the 3x3 display matrix of ISO 14496-12 asks for (nine little-endian 16.16 numbers, as FFmpeg
 * hands it over). Other angles go to the nearest quarter turn.
 */
export const orientationOfMatrix = (matrix: Uint8Array): Orientation => {
  if (matrix.byteLength < 36) return { rotation: 0, mirrored: false }
  const view = new DataView(matrix.buffer, matrix.byteOffset, matrix.byteLength)
  const [a, b, c, d] = [0, 4, 12, 16].map((at) => view.getInt32(at, true)) as [number, number, number, number]
  const mirrored = a * d - b * c < 0
  const angle = mirrored ? Math.atan2(-b, -a) : Math.atan2(b, a)
  return { rotation: quarter(Math.round(angle / (Math.PI / 2))) * 90, mirrored }
}

/** The display matrix that asks players for an orientation. */
export const matrixOfOrientation = ({ rotation, mirrored }: Orientation): Uint8Array => {
  const matrix = new Uint8Array(36)
  const view = new DataView(matrix.buffer)
  const [cos, sin] = turn(rotation)
  const side = mirrored ? -1 : 1
  ;[side * cos, side * sin, 0, -sin, cos, 0, 0, 0].forEach((value, i) => {
    view.setInt32(4 * i, value * fixed, true)
  })
  view.setInt32(32, 1 << 30, true)
  return matrix
}
