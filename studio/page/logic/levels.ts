import type { Window } from '../../../core/index.ts'

/** The row of each window inside its lane, from 0: windows that overlap lie below each other, in as few rows as can be. */
export const levelsOf = (windows: ReadonlyArray<Window>): ReadonlyArray<number> => {
  const levels = new Array<number>(windows.length).fill(0)
  const ends: Array<number> = []
  const order = windows.map((_, i) => i).sort((a, b) => windows[a]![0] - windows[b]![0] || a - b)
  for (const i of order) {
    const [start, end] = windows[i]!
    const free = ends.findIndex((taken) => taken <= start + 1e-6)
    const level = free < 0 ? ends.length : free
    ends[level] = end
    levels[i] = level
  }
  return levels
}
