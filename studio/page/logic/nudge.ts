import { type Window, Windows } from '../../../core/index.ts'

export type Edge = 'start' | 'end'

/** The shortest window that an edit leaves, in seconds. */
export const least = 0.05

/** Times are kept to the millisecond: 0.1 s ten times is one second. */
const exact = (seconds: number): number => Math.round(seconds * 1000) / 1000

/** Puts one edge at `time`, kept inside the video and on its side of the other edge. */
export const putEdge = ([start, end]: Window, edge: Edge, time: number, duration: number): Window => {
  const space = Math.min(least, duration)
  return edge === 'start'
    ? [exact(Math.min(Math.max(0, time), Math.max(0, end - space))), end]
    : [start, exact(Math.max(Math.min(duration, time), Math.min(duration, start + space)))]
}

export const nudge = (window: Window, edge: Edge, seconds: number, duration: number): Window =>
  putEdge(window, edge, window[edge === 'start' ? 0 : 1] + seconds, duration)

/** Moves a window with its length, as far as the video goes. */
export const shift = ([start, end]: Window, seconds: number, duration: number): Window => {
  const from = Math.min(Math.max(0, start + seconds), Math.max(0, duration - (end - start)))
  return [exact(from), exact(from + (end - start))]
}

/** The window between two times in either order: dragging an edge past the other turns the window over. */
export const span = (a: number, b: number, duration: number): Window => {
  const start = exact(Math.min(Math.max(0, Math.min(a, b)), Math.max(0, duration - least)))
  return putEdge([start, start], 'end', Math.max(a, b), duration)
}

/** A new window at `time`: `length` seconds, less at the end of the video. */
export const windowAt = (time: number, length: number, duration: number): Window =>
  span(time, time + length, duration)

/** The windows in the order of time; overlapping ones stay as they are. */
export const inOrder = (windows: ReadonlyArray<Window>): ReadonlyArray<Window> =>
  [...windows].sort((a, b) => a[0] - b[0] || a[1] - b[1])

/** What is stored: in the order of time, overlapping ones as one. */
export const settled = (windows: ReadonlyArray<Window>): ReadonlyArray<Window> => Windows.merge(windows)

export const same = (a: ReadonlyArray<Window>, b: ReadonlyArray<Window>): boolean =>
  a.length === b.length && a.every(([start, end], i) => start === b[i]![0] && end === b[i]![1])
