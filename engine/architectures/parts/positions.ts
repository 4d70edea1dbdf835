import type { Convention, Grid } from '../contract.ts'

/** A run of video tokens: frames after each other, each spread over rows and columns of merged patches. */
export interface VisualRun {
  readonly rows: number
  readonly columns: number
  /** Temporal position of each frame, counted from the run's start. */
  readonly steps: ReadonlyArray<number>
}

/**
 * M-RoPE positions [3, L] of a prompt: text counts on all three axes; a run of video tokens starts at one position and
 * spreads over time, height and width; the text after it counts on as the convention says. transformers'
 * `get_rope_index`. `isVisual` tells video tokens; `runs` are in the order of the video tokens.
 */
export const mropePositions = (
  inputIds: ArrayLike<number>,
  isVisual: (id: number) => boolean,
  runs: ReadonlyArray<VisualRun>,
  convention: Convention = 'transformers',
): Int32Array => {
  const length = inputIds.length
  const positions = new Int32Array(3 * length)
  const put = (at: number, t: number, h: number, w: number) => {
    positions[at] = t
    positions[length + at] = h
    positions[2 * length + at] = w
  }
  let run = 0
  let next = 0
  for (let i = 0; i < length; ) {
    if (!isVisual(inputIds[i]!)) {
      put(i++, next, next, next)
      next++
      continue
    }
    const { rows, columns, steps } = runs[run++] ?? { rows: 0, columns: 0, steps: [] }
    if (rows * columns * steps.length === 0)
      throw new RangeError(`positions: more runs of video tokens than the ${runs.length} of the clips`)
    for (const step of steps)
      for (let r = 0; r < rows; r++)
        for (let c = 0; c < columns; c++) put(i++, next + step, next + r, next + c)
    next += Math.max(rows, columns, convention === 'vllm' ? Math.max(...steps) + 1 : 0)
  }
  if (run !== runs.length) {
    throw new RangeError(`positions: the ids hold ${run} runs of video tokens, the clips ${runs.length}`)
  }
  return positions
}

/** Rows and columns of merged patches of a grid. */
export const mergedSides = ([, h, w]: Grid, merge: number): { rows: number; columns: number } => ({
  rows: h / merge,
  columns: w / merge,
})

/** Positions [3, count] of text tokens from position `start` on: the same number on all three axes. */
export const textPositions = (start: number, count: number): Int32Array => {
  const positions = new Int32Array(3 * count)
  for (let axis = 0; axis < 3; axis++) {
    for (let i = 0; i < count; i++) positions[axis * count + i] = start + i
  }
  return positions
}
