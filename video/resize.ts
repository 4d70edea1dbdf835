/**
 * Antialiased bicubic resizing of 8-bit RGB, as torchvision (and Pillow) do it: Keys' kernel with a = -0.5 stretched by
 * the reduction, weights as 16-bit fixed point, the horizontal pass first and rounded to 8 bits, then the vertical one.
 * The integer arithmetic follows the published algorithm of torch's `upsample_bicubic2d_aa` on uint8, so that pixels
 * equal those of the processors a checkpoint was trained with.
 */
interface Weights {
  /** First source position of each target position. */
  readonly start: Int32Array
  /** Number of source positions of each target position. */
  readonly taps: Int32Array
  /** `[target, widest]`, fixed point with `precision` fractional bits. */
  readonly weight: Int32Array
  readonly widest: number
  readonly precision: number
}

const cubic = (distance: number): number => {
  const x = Math.abs(distance)
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1
  if (x < 2) return ((-0.5 * x + 2.5) * x - 4) * x + 2
  return 0
}

const weightsOf = (from: number, to: number): Weights => {
  const scale = from / to
  const stretch = Math.max(scale, 1)
  const support = 2 * stretch
  const widest = Math.ceil(support) * 2 + 1
  const start = new Int32Array(to)
  const taps = new Int32Array(to)
  const real = new Float64Array(to * widest)
  let largest = 0
  for (let i = 0; i < to; i++) {
    const center = scale * (i + 0.5)
    const first = Math.max(Math.trunc(center - support + 0.5), 0)
    const count = Math.min(Math.min(Math.trunc(center + support + 0.5), from) - first, widest)
    let total = 0
    for (let j = 0; j < count; j++) {
      const weight = cubic((j + first - center + 0.5) / stretch)
      real[i * widest + j] = weight
      total += weight
    }
    for (let j = 0; j < count; j++) {
      const weight = real[i * widest + j]! / total
      real[i * widest + j] = weight
      largest = Math.max(largest, weight)
    }
    start[i] = first
    taps[i] = count
  }
  // As many fractional bits as keep the largest weight below 2^15.
  let precision = 0
  while (precision < 22 && Math.trunc(0.5 + largest * 2 ** (precision + 1)) < 32768) precision++
  const weight = Int32Array.from(real, (value) =>
    Math.trunc((value < 0 ? -0.5 : 0.5) + value * 2 ** precision),
  )
  return { start, taps, weight, widest, precision }
}

/** Keeps the weights of the sizes last used: a clip's frames, and mostly a data set's videos, share theirs. */
const remembered = new Map<string, Weights>()
const weightsFor = (from: number, to: number): Weights => {
  const key = `${from}>${to}`
  const known = remembered.get(key)
  if (known !== undefined) return known
  if (remembered.size >= 64) remembered.clear()
  const weights = weightsOf(from, to)
  remembered.set(key, weights)
  return weights
}

const horizontal = (rgb: Uint8Array, width: number, height: number, to: number): Uint8Array => {
  const { start, taps, weight, widest, precision } = weightsFor(width, to)
  const out = new Uint8ClampedArray(height * to * 3)
  const half = 1 << (precision - 1)
  for (let y = 0, o = 0; y < height; y++) {
    const row = y * width * 3
    for (let x = 0; x < to; x++, o += 3) {
      let red = half
      let green = half
      let blue = half
      const end = x * widest + taps[x]!
      for (let w = x * widest, p = row + start[x]! * 3; w < end; w++, p += 3) {
        const share = weight[w]!
        red = (red + Math.imul(share, rgb[p]!)) | 0
        green = (green + Math.imul(share, rgb[p + 1]!)) | 0
        blue = (blue + Math.imul(share, rgb[p + 2]!)) | 0
      }
      out[o] = red >> precision
      out[o + 1] = green >> precision
      out[o + 2] = blue >> precision
    }
  }
  return new Uint8Array(out.buffer)
}

const vertical = (rgb: Uint8Array, width: number, height: number, to: number): Uint8Array => {
  const { start, taps, weight, widest, precision } = weightsFor(height, to)
  const stride = width * 3
  const out = new Uint8ClampedArray(to * stride)
  const sums = new Int32Array(stride)
  for (let y = 0; y < to; y++) {
    sums.fill(1 << (precision - 1))
    for (let j = 0; j < taps[y]!; j++) {
      const share = weight[y * widest + j]!
      const row = (start[y]! + j) * stride
      for (let x = 0; x < stride; x++) sums[x] = (sums[x]! + Math.imul(share, rgb[row + x]!)) | 0
    }
    const row = y * stride
    for (let x = 0; x < stride; x++) out[row + x] = sums[x]! >> precision
  }
  return new Uint8Array(out.buffer)
}

/**
 * Resizes one RGB frame `[height, width, 3]` to `[toHeight, toWidth, 3]` by antialiased bicubic interpolation.
 * Returns the same array when the size stays.
 */
export const resize = (
  rgb: Uint8Array,
  width: number,
  height: number,
  toWidth: number,
  toHeight: number,
): Uint8Array => {
  const wide = width === toWidth ? rgb : horizontal(rgb, width, height, toWidth)
  return height === toHeight ? wide : vertical(wide, toWidth, height, toHeight)
}
