import type { Qwen3VlConfig } from './config.ts'

/** Patches of one clip: frame pairs, patch rows, patch columns. */
export type Grid = readonly [t: number, h: number, w: number]

export interface RopePositions {
  /** [3, L] row-major: temporal, height and width position of every token. */
  readonly positions: Int32Array
  /** What to add to a later token's index in the sequence to get its position (negative for videos). */
  readonly delta: number
}

/**
 * Interleaved M-RoPE positions of a prompt, as transformers' `Qwen3VLModel.get_rope_index` computes them: text counts on
 * all three axes; a frame pair stands at one temporal position and spreads over height and width, and the next text
 * token continues after the larger of the two. Time itself is in the text (`<1.2 seconds>`), so each frame pair is its
 * own group of pad tokens; `grids` are per clip and are unrolled here.
 */
export const ropePositions = (
  inputIds: ArrayLike<number>,
  grids: ReadonlyArray<Grid>,
  config: Qwen3VlConfig,
): RopePositions => {
  const length = inputIds.length
  const positions = new Int32Array(3 * length)
  const merge = config.vision.mergeSize
  const frames = grids.flatMap(([t, h, w]) =>
    Array.from({ length: t }, () => [h / merge, w / merge] as const),
  )
  let frame = 0
  let next = 0
  let highest = -1
  for (let i = 0; i < length; ) {
    if (inputIds[i] !== config.videoTokenId && inputIds[i] !== config.imageTokenId) {
      positions[i] = positions[length + i] = positions[2 * length + i] = next
      highest = Math.max(highest, next)
      next++
      i++
      continue
    }
    const [rows, columns] = frames[frame++] ?? [0, 0]
    if (rows * columns === 0)
      throw new RangeError(`ropePositions: more pad tokens than the ${frames.length} frame pairs`)
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < columns; c++, i++) {
        positions[i] = next
        positions[length + i] = next + r
        positions[2 * length + i] = next + c
      }
    }
    next += Math.max(rows, columns)
    highest = Math.max(highest, next - 1)
  }
  if (frame !== frames.length) {
    throw new RangeError(`ropePositions: the ids hold ${frame} frame pairs, the grids ${frames.length}`)
  }
  return { positions, delta: highest + 1 - length }
}

/** Positions of `count` text tokens that follow a prompt of `length` tokens: the same number on all three axes. */
export const followingPositions = (length: number, delta: number, count: number): Int32Array => {
  const positions = new Int32Array(3 * count)
  for (let axis = 0; axis < 3; axis++) {
    for (let i = 0; i < count; i++) positions[axis * count + i] = length + delta + i
  }
  return positions
}
