/**
 * Turns an RGB frame `[height, width, 3]` clockwise by 0, 90, 180 or 270 degrees; for 90 and 270 the result is
 * `[width, height, 3]`. Returns the same array for 0.
 */
export const rotate = (rgb: Uint8Array, width: number, height: number, degrees: number): Uint8Array => {
  if (degrees === 0) return rgb
  const out = new Uint8Array(rgb.length)
  // Where the first source pixel lands, and how far a step right or down in the source moves the target.
  const [origin, right, down] =
    degrees === 90
      ? [height - 1, height, -1]
      : degrees === 180
        ? [width * height - 1, -1, -width]
        : [(width - 1) * height, -height, 1]
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
 * Clockwise degrees (0, 90, 180, 270) that make a picture upright, from the 3x3 display matrix of ISO 14496-12
 * (nine little-endian 16.16 numbers, as FFmpeg hands it over). Other angles go to the nearest quarter turn.
 */
export const rotationOfMatrix = (matrix: Uint8Array): number => {
  if (matrix.byteLength < 36) return 0
  const view = new DataView(matrix.buffer, matrix.byteOffset, matrix.byteLength)
  const a = view.getInt32(0, true)
  const b = view.getInt32(4, true)
  const quarters = Math.round(Math.atan2(b, a) / (Math.PI / 2))
  return (((quarters % 4) + 4) % 4) * 90
}

/** The display matrix that asks players to turn the picture clockwise by `degrees` (a quarter turn's multiple). */
export const matrixOfRotation = (degrees: number): Uint8Array => {
  const matrix = new Uint8Array(36)
  const view = new DataView(matrix.buffer)
  const cos = [1, 0, -1, 0][(degrees / 90) % 4]!
  const sin = [0, 1, 0, -1][(degrees / 90) % 4]!
  ;[cos * fixed, sin * fixed, 0, -sin * fixed, cos * fixed, 0, 0, 0, 1 << 30].forEach((value, i) => {
    view.setInt32(i * 4, value, true)
  })
  return matrix
}
