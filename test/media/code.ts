/** Bits of a frame's number; numbers are below 1024. */
const BITS = 10

/**
 * RGB frame `[height, width, 3]` that shows `number` in black and white blocks: its bits from left to right in the
 * upper half, their complement in the lower one, so that a stale or damaged block is noticed.
 */
export const codedFrame = (width: number, height: number, number: number): Uint8Array => {
  const rgb = new Uint8Array(width * height * 3)
  for (let y = 0, o = 0; y < height; y++)
    for (let x = 0; x < width; x++, o += 3) {
      const bit = (number >> (BITS - 1 - Math.floor((x * BITS) / width))) & 1
      rgb.fill(bit === (y < height / 2 ? 1 : 0) ? 230 : 20, o, o + 3)
    }
  return rgb
}

/** The number that a decoded frame shows; null where its blocks contradict each other or are not black or white. */
export const numberOf = (rgb: Uint8Array, width: number, height: number): number | null => {
  /** Mean green of the middle of a block. */
  const shade = (column: number, row: number): number => {
    const reach = Math.max(1, Math.floor(Math.min(width / BITS, height / 2) / 6))
    const left = Math.round(((column + 0.5) * width) / BITS) - reach
    const top = Math.round(((row + 0.5) * height) / 2) - reach
    let sum = 0
    for (let y = top; y < top + 2 * reach; y++)
      for (let x = left; x < left + 2 * reach; x++) sum += rgb[(y * width + x) * 3 + 1]!
    return sum / (4 * reach * reach)
  }
  let number = 0
  for (let column = 0; column < BITS; column++) {
    const upper = shade(column, 0)
    const lower = shade(column, 1)
    if (Math.abs(upper - lower) < 80) return null
    number = number * 2 + (upper > lower ? 1 : 0)
  }
  return number
}
