import { f32, patchOrder } from '../parts/rope.ts'
import type { VisionConfig } from './config.ts'

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
