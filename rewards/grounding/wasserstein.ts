import { type Window, Windows } from '../../core/index.ts'
import { parseWindows } from '../../tasks/index.ts'
import type { Reward } from '../reward.ts'

/** Cumulative uniform distribution over a set of time: its mass before a time, queried in ascending order. */
const cumulative = (windows: ReadonlyArray<Window>) => {
  const merged = Windows.merge(windows)
  const total = merged.reduce((sum, window) => sum + Windows.length(window), 0)
  let next = 0
  let before = 0
  /** Share of the covered time (or of the instants, where nothing has length) before `time`, or up to and with it. */
  return (time: number, including: boolean): number => {
    for (; next < merged.length; next++) {
      const [start, end] = merged[next]!
      if (end > time || (total === 0 && end === time && !including)) break
      before += total > 0 ? end - start : 1
    }
    const open = merged[next]
    const part = total > 0 && open !== undefined ? Math.max(0, time - open[0]) : 0
    return (before + part) / (total > 0 ? total : merged.length)
  }
}

/**
 * The 1-Wasserstein distance in seconds between the uniform distributions over two non-empty sets of time: how far,
 * on average, the time of one has to be moved to become the other. Exact: the distribution functions are linear
 * between the windows' ends, so the area between them is summed piece by piece, in one pass over the sorted ends.
 */
export const wassersteinDistance = (a: ReadonlyArray<Window>, b: ReadonlyArray<Window>): number => {
  const first = cumulative(a)
  const second = cumulative(b)
  const cuts = Float64Array.from([a, b].flatMap((windows) => windows.flat())).sort()
  let area = 0
  for (let i = 1; i < cuts.length; i++) {
    const from = cuts[i - 1]!
    const to = cuts[i]!
    if (from === to) continue
    const left = first(from, true) - second(from, true)
    const right = first(to, false) - second(to, false)
    // The difference is linear on the piece; where it changes sign, the two triangles are added.
    const height =
      left * right >= 0
        ? Math.abs(left + right) / 2
        : (left * left + right * right) / (2 * (Math.abs(left) + Math.abs(right)))
    area += height * (to - from)
  }
  return area
}

const hullOf = (windows: ReadonlyArray<Window>): number => {
  let from = Number.POSITIVE_INFINITY
  let to = Number.NEGATIVE_INFINITY
  for (const [start, end] of windows) {
    from = Math.min(from, start)
    to = Math.max(to, end)
  }
  return to - from
}

/** A score of two sets of time, neither of them empty; unread answers score 0, `none` 1 exactly where nothing is true. */
const ofSets =
  (score: (answered: ReadonlyArray<Window>, target: Parameters<Reward>[1]) => number): Reward =>
  (text, target) => {
    const windows = parseWindows(text)
    if (windows === null) return 0
    if (windows.length === 0 || target.windows.length === 0)
      return windows.length === target.windows.length ? 1 : 0
    return score(windows, target)
  }

/**
 * 1 - W1 / D, in [0, 1]: a dense reward that orders wrong answers by their distance from the truth. D is the
 * duration, or the hull of both sets where it is unknown. This project's own; see {@link timelens2Wasserstein}.
 */
export const wasserstein: Reward = ofSets((windows, target) => {
  const scale =
    target.duration !== null && target.duration > 0
      ? target.duration
      : hullOf([...windows, ...target.windows])
  if (!(scale > 0)) return 1
  return Math.min(1, Math.max(0, 1 - wassersteinDistance(windows, target.windows) / scale))
})

/**
 * TimeLens2's `twass1`: exp(-beta x W1 / L) with beta 1, in [0, 1], where L is the length of the merged true windows, so
 * that a broad answer cannot enlarge what its distance is divided by. A truth without length scores 0. Its recipe adds
 * the IoU and {@link parsePenalty}.
 */
export const timelens2Wasserstein: Reward = ofSets((windows, target) => {
  const length = Windows.coverage(target.windows)
  return length > 0 ? Math.exp(-wassersteinDistance(windows, target.windows) / length) : 0
})
