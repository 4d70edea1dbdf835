/** A span of time `[start, end]` in seconds, `start <= end`. */
export type Window = readonly [start: number, end: number]

/** Length in seconds. */
export const length = ([start, end]: Window): number => end - start

/** Whether the window is finite, not negative and not reversed. */
export const isWindow = ([start, end]: Window): boolean =>
  Number.isFinite(start) && Number.isFinite(end) && start >= 0 && start <= end

/** Seconds shared by two windows; 0 when they are disjoint. */
export const overlap = (a: Window, b: Window): number =>
  Math.max(0, Math.min(a[1], b[1]) - Math.max(a[0], b[0]))

/**
 * Temporal intersection over union of two windows, in [0, 1]; 0 when the union is empty.
 * The area form of `metrics` in VideoMind; equal to the hull form wherever the windows overlap.
 */
export const iou = (a: Window, b: Window): number => {
  const shared = overlap(a, b)
  const union = length(a) + length(b) - shared
  return union > 0 ? shared / union : 0
}

/** The largest IoU of `window` with any of `truths`; 0 for an empty list. */
export const bestIou = (window: Window, truths: ReadonlyArray<Window>): number =>
  truths.reduce((best, truth) => Math.max(best, iou(window, truth)), 0)

/** Sorted, disjoint windows covering the same time; windows at most `gap` seconds apart are joined. */
export const merge = (windows: ReadonlyArray<Window>, gap = 0): ReadonlyArray<Window> => {
  const merged: Array<Window> = []
  for (const [start, end] of windows.toSorted((a, b) => a[0] - b[0])) {
    const last = merged.at(-1)
    if (last !== undefined && start <= last[1] + gap)
      merged[merged.length - 1] = [last[0], Math.max(last[1], end)]
    else merged.push([start, end])
  }
  return merged
}

/** Seconds covered by a list of windows, overlaps counted once. */
export const coverage = (windows: ReadonlyArray<Window>): number =>
  merge(windows).reduce((sum, window) => sum + length(window), 0)

/** The parts of `windows` inside `bounds`. */
export const clip = (windows: ReadonlyArray<Window>, bounds: Window): ReadonlyArray<Window> =>
  windows
    .map(([start, end]): Window => [Math.max(start, bounds[0]), Math.min(end, bounds[1])])
    .filter(([start, end]) => start < end)

/**
 * What is wrong with windows (seconds) of a video that lasts `duration` seconds: one is entirely outside it, or they have no
 * length together, so that no answer could match them. Null where they are sound.
 */
export const misplaced = (windows: ReadonlyArray<Window>, duration: number): string | null => {
  const outside = windows.filter(([start, end]) => start >= duration || end <= 0)
  const [first] = windows
  if (outside.length === 0)
    return first === undefined || coverage(windows) > 0
      ? null
      : `window ${first[0]} to ${first[1]} s has no length`
  const list = outside
    .slice(0, 3)
    .map(([start, end]) => `${start} to ${end} s`)
    .join(', ')
  const more = outside.length > 3 ? ` (and ${outside.length - 3} more)` : ''
  const lasts = Number.isFinite(duration) ? `, which lasts ${duration.toFixed(2)} s` : ''
  return `window ${list}${more} is outside the video${lasts}`
}

/** The time inside `bounds` that no window covers. */
export const complement = (windows: ReadonlyArray<Window>, bounds: Window): ReadonlyArray<Window> => {
  const gaps: Array<Window> = []
  let from = bounds[0]
  for (const [start, end] of merge(clip(windows, bounds))) {
    if (start > from) gaps.push([from, start])
    from = end
  }
  if (from < bounds[1]) gaps.push([from, bounds[1]])
  return gaps
}

/** Each window widened by `margin` seconds on both sides and kept inside `bounds`. */
export const pad = (windows: ReadonlyArray<Window>, margin: number, bounds: Window): ReadonlyArray<Window> =>
  merge(
    clip(
      windows.map(([start, end]): Window => [start - margin, end + margin]),
      bounds,
    ),
  )

/** Seconds that both of two lists of windows, taken as sets of time, cover. */
export const intersection = (a: ReadonlyArray<Window>, b: ReadonlyArray<Window>): number => {
  const left = merge(a)
  const right = merge(b)
  let shared = 0
  for (let i = 0, j = 0; i < left.length && j < right.length; ) {
    const one = left[i]!
    const other = right[j]!
    shared += overlap(one, other)
    if (one[1] < other[1]) i++
    else j++
  }
  return shared
}

/**
 * Intersection over union of two lists of windows taken as sets of time, in [0, 1].
 * Two empty lists agree perfectly (1): "none" is a legal answer. The union form of VideoChat-R1's grounded QA.
 */
export const setIou = (a: ReadonlyArray<Window>, b: ReadonlyArray<Window>): number => {
  if (a.length === 0 && b.length === 0) return 1
  const shared = intersection(a, b)
  const union = coverage(a) + coverage(b) - shared
  return union > 0 ? shared / union : 0
}

/** Whether `time` is inside one of the windows, ends included. */
export const covers = (windows: ReadonlyArray<Window>, time: number): boolean =>
  windows.some(([start, end]) => time >= start && time <= end)
