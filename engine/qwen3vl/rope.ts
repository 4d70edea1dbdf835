import type { TextConfig, VisionConfig } from './config.ts'

/** Rounds where torch, which computes these tables in float32, rounds. */
const f32 = Math.fround

/** theta^(-2i/dim) for i < dim/2, each step in float32. */
const inverseFrequencies = (theta: number, dim: number): Float32Array => {
  const frequencies = new Float32Array(dim / 2)
  for (let i = 0; i < dim / 2; i++) frequencies[i] = f32(1 / f32(theta ** f32((2 * i) / dim)))
  return frequencies
}

export interface RopeTables {
  /** [L, headDim / 2] row-major: the two halves of a head rotate by the same angles. */
  readonly cos: Float32Array
  readonly sin: Float32Array
}

/**
 * Interleaved M-RoPE (transformers `Qwen3VLTextRotaryEmbedding`): frequency i turns with the height position where
 * i % 3 == 1 and with the width position where i % 3 == 2, up to three times the section's length, else with time.
 * `positions` is [3, L] row-major.
 */
export const textRope = (text: TextConfig, positions: Int32Array): RopeTables => {
  const length = positions.length / 3
  const half = text.headDim / 2
  const frequencies = inverseFrequencies(text.ropeTheta, text.headDim)
  const axis = Int32Array.from({ length: half }, (_, i) => {
    const candidate = i % 3
    return candidate !== 0 && i < text.mropeSection[candidate]! * 3 ? candidate : 0
  })
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

/** 2-D rotary tables of one frame, [h*w, headDim / 2]: the first half turns with the row, the second with the column. */
export const visionRope = (vision: VisionConfig, h: number, w: number): RopeTables => {
  const half = vision.headDim / 2
  const quarter = half / 2
  const frequencies = inverseFrequencies(vision.ropeTheta, half)
  const cos = new Float32Array(h * w * half)
  const sin = new Float32Array(h * w * half)
  patchOrder(h, w, vision.mergeSize).forEach((place, patch) => {
    for (let i = 0; i < half; i++) {
      const angle = f32(place[i < quarter ? 0 : 1]! * frequencies[i % quarter]!)
      cos[patch * half + i] = Math.cos(angle)
      sin[patch * half + i] = Math.sin(angle)
    }
  })
  return { cos, sin }
}

export interface Taps {
  /** [h*w, 4]: rows of the learned position table. */
  readonly indices: Int32Array
  /** [h*w, 4]: their bilinear weights. */
  readonly weights: Float32Array
}

/**
 * Bilinear resampling (align corners) of the square learned position table to an h x w frame, as gather indices and
 * weights in patch order: transformers' `get_vision_interpolation_indices_and_weights`.
 */
export const positionTaps = (vision: VisionConfig, h: number, w: number): Taps => {
  const side = Math.floor(Math.sqrt(vision.positions))
  const axisTaps = (index: number, size: number) => {
    const source = f32(f32(index * (side - 1)) / Math.max(size - 1, 1))
    const floor = Math.floor(source)
    return [0, 1].map((offset) => ({
      tap: Math.min(Math.max(floor + offset, 0), side - 1),
      weight: f32(Math.max(0, f32(1 - Math.abs(f32(f32(source - floor) - offset))))),
    }))
  }
  const indices = new Int32Array(h * w * 4)
  const weights = new Float32Array(h * w * 4)
  patchOrder(h, w, vision.mergeSize).forEach(([row, column], patch) => {
    let tap = patch * 4
    for (const vertical of axisTaps(row, h)) {
      for (const horizontal of axisTaps(column, w)) {
        indices[tap] = vertical.tap * side + horizontal.tap
        weights[tap] = vertical.weight * horizontal.weight
        tap++
      }
    }
  })
  return { indices, weights }
}
