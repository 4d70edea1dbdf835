/** Windows of one size, one after the other. */
export interface WindowGroup {
  /** Place of the first of their merged blocks in the order. */
  readonly start: number
  readonly windows: number
  /** Merged blocks of each window. */
  readonly blocks: number
}

export interface Windows {
  /** The merged blocks of a frame, window by window: number of the block in row-major order. */
  readonly order: ReadonlyArray<number>
  readonly groups: ReadonlyArray<WindowGroup>
}

/**
 * Cuts a frame of rows x columns merged blocks into windows of `side` x `side`, smaller ones at the right and lower edge.
 * Windows of equal size are put together, so that each group is attended to in one product.
 */
export const windowsOf = (rows: number, columns: number, side: number): Windows => {
  const bySize = new Map<number, Array<ReadonlyArray<number>>>()
  for (let top = 0; top < rows; top += side)
    for (let left = 0; left < columns; left += side) {
      const blocks: Array<number> = []
      for (let row = top; row < Math.min(rows, top + side); row++)
        for (let column = left; column < Math.min(columns, left + side); column++)
          blocks.push(row * columns + column)
      bySize.set(blocks.length, [...(bySize.get(blocks.length) ?? []), blocks])
    }
  const order: Array<number> = []
  const groups = [...bySize].map(([blocks, windows]): WindowGroup => {
    const start = order.length
    order.push(...windows.flat())
    return { start, windows: windows.length, blocks }
  })
  return { order, groups }
}
