import { type Window, Windows } from '../../core/index.ts'
import { parseWindows } from '../../tasks/index.ts'
import type { Reward } from '../reward.ts'

/** Share of the covered time (or of the instants, where nothing has length) that lies before `time`. */
const distribution = (windows: ReadonlyArray<Window>) => {
  const merged = Windows.merge(windows)
  const total = Windows.coverage(merged)
  return (time: number, from: 'left' | 'right'): number => {
    let before = 0
    for (const [start, end] of merged)
      if (total > 0) before += Math.max(0, Math.min(end, time) - start)
      else if (start < time || (from === 'right' && start === time)) before += 1
    return before / (total > 0 ? total : merged.length)
  }
}

/**
 * The 1-Wasserstein distance in seconds between the uniform distributions over two non-empty sets of time: how far,
 * on average, the time of one has to be moved to become the other. Exact: the distribution functions are linear
 * between the windows' ends, so the area between them is summed piece by piece.
 */
export const wassersteinDistance = (a: ReadonlyArray<Window>, b: ReadonlyArray<Window>): number => {
  const first = distribution(a)
  const second = distribution(b)
  const cuts = [...new Set([...a, ...b].flat())].toSorted((x, y) => x - y)
  let area = 0
  for (let i = 1; i < cuts.length; i++) {
    const from = cuts[i - 1]!
    const to = cuts[i]!
    const left = first(from, 'right') - second(from, 'right')
    const right = first(to, 'left') - second(to, 'left')
    // The difference is linear on the piece; where it changes sign, the two triangles are added.
    const height =
      left * right >= 0
        ? Math.abs(left + right) / 2
        : (left * left + right * right) / (2 * (Math.abs(left) + Math.abs(right)))
    area += height * (to - from)
  }
  return area
}

/**
 * 1 - W1 / D, in [0, 1]: a dense reward that orders answers which miss the truth by how far they miss. D is the
 * duration, or the hull of both sets where it is unknown. Unread answers score 0; `none` scores 1 exactly where
 * nothing is true. TimeLens2 names such a reward; its formula is not public, so this one is ours.
 */
export const wasserstein: Reward = (text, target) => {
  const windows = parseWindows(text)
  if (windows === null) return 0
  if (windows.length === 0 || target.windows.length === 0)
    return windows.length === target.windows.length ? 1 : 0
  const all = [...windows, ...target.windows]
  const hull = Math.max(...all.map(([, end]) => end)) - Math.min(...all.map(([start]) => start))
  const scale = target.duration !== null && target.duration > 0 ? target.duration : hull
  if (!(scale > 0)) return 1
  return Math.min(1, Math.max(0, 1 - wassersteinDistance(windows, target.windows) / scale))
}
