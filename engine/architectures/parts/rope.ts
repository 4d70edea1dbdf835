import type { RopeTables } from '../contract.ts'

/** Rounds where torch, which computes these tables in float32, rounds. */
export const f32 = Math.fround

/** theta^(-2i/dim) for i < dim/2, each step in float32. */
const inverseFrequencies = (theta: number, dim: number): Float32Array => {
  const frequencies = new Float32Array(dim / 2)
  for (let i = 0; i < dim / 2; i++) frequencies[i] = f32(1 / f32(theta ** f32((2 * i) / dim)))
  return frequencies
}

/**
 * M-RoPE tables of positions [3, L] row-major: frequency i of a head turns with the position on axis `axisOf(i)`
 * (0 time, 1 height, 2 width).
 */
export const textRope = (
  { headDim, ropeTheta }: { readonly headDim: number; readonly ropeTheta: number },
  axisOf: (frequency: number) => number,
  positions: Int32Array,
): RopeTables => {
  const length = positions.length / 3
  const half = headDim / 2
  const frequencies = inverseFrequencies(ropeTheta, headDim)
  const axis = Int32Array.from({ length: half }, (_, i) => axisOf(i))
  const cos = new Float32Array(length * half)
  const sin = new Float32Array(length * half)
  for (let l = 0; l < length; l++) {
    for (let i = 0; i < half; i++) {
      const angle = f32(positions[axis[i]! * length + l]! * frequencies[i]!)
      cos[l * half + i] = Math.cos(angle)
      sin[l * half + i] = Math.sin(angle)
    }
  }
  return { cos, sin }
}

/** Row and column of each patch of an h x w frame, in the order patches are stored: merge blocks, row by row. */
export const patchOrder = (h: number, w: number, merge: number): ReadonlyArray<readonly [number, number]> => {
  const order: Array<readonly [number, number]> = []
  for (let br = 0; br < h; br += merge)
    for (let bc = 0; bc < w; bc += merge)
      for (let r = 0; r < merge; r++) for (let c = 0; c < merge; c++) order.push([br + r, bc + c])
  return order
}

/**
 * 2-D rotary tables of the patches at `places`, [patches, headDim / 2]: the first half of the angles turns with the
 * row, the second with the column.
 */
export const visionRope = (
  { headDim, ropeTheta }: { readonly headDim: number; readonly ropeTheta: number },
  places: ReadonlyArray<readonly [row: number, column: number]>,
): RopeTables => {
  const half = headDim / 2
  const quarter = half / 2
  const frequencies = inverseFrequencies(ropeTheta, half)
  const cos = new Float32Array(places.length * half)
  const sin = new Float32Array(places.length * half)
  places.forEach((place, patch) => {
    for (let i = 0; i < half; i++) {
      const angle = f32(place[i < quarter ? 0 : 1]! * frequencies[i % quarter]!)
      cos[patch * half + i] = Math.cos(angle)
      sin[patch * half + i] = Math.sin(angle)
    }
  })
  return { cos, sin }
}
