import { iou, length, type Window } from './window.ts'

/** Index of the first of some ascending numbers that is at least `least`. */
const firstFrom = (sorted: ReadonlyArray<number>, least: number): number => {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (sorted[middle]! < least) low = middle + 1
    else high = middle
  }
  return low
}

/** For each true window the predicted ones with at least that IoU, as places in the order of their starts. */
const candidates = (
  predicted: ReadonlyArray<Window>,
  truths: ReadonlyArray<Window>,
  threshold: number,
): ReadonlyArray<ReadonlyArray<number>> => {
  const sorted = predicted.toSorted((a, b) => a[0] - b[0])
  const starts = sorted.map(([start]) => start)
  return truths.map((truth) => {
    // A window so alike is at most 1 / threshold times as long, so it starts within that of the true one. The slack is
    // for rounding: a window whose IoU is exactly the threshold may seem to start just before.
    const before =
      length(truth) * (1 / threshold - 1) + 1e-9 * Math.max(1, Math.abs(truth[0]), length(truth) / threshold)
    const found: Array<number> = []
    for (let place = firstFrom(starts, truth[0] - before); place < sorted.length; place++) {
      if (starts[place]! > truth[1]) break
      if (iou(sorted[place]!, truth) >= threshold) found.push(place)
    }
    return found
  })
}

/**
 * The most pairs of a predicted and a true window with an IoU of at least `threshold`, above 0, such that no window is in
 * two of them: a maximum bipartite matching by augmenting paths.
 */
export const matchedWindows = (
  predicted: ReadonlyArray<Window>,
  truths: ReadonlyArray<Window>,
  threshold: number,
): number => {
  const fits = candidates(predicted, truths, threshold)
  const owner = new Map<number, number>()
  const held = new Map<number, number>()
  /** Gives a true window a prediction, moving others along the shortest path that ends at a free one. */
  const place = (from: number): boolean => {
    const reached = new Map<number, number>()
    const open = [from]
    for (let at = 0; at < open.length; at++)
      for (const index of fits[open[at]!]!) {
        if (reached.has(index)) continue
        reached.set(index, open[at]!)
        const other = owner.get(index)
        if (other !== undefined) {
          open.push(other)
          continue
        }
        for (let free: number | undefined = index; free !== undefined; ) {
          const truth: number = reached.get(free)!
          const before = held.get(truth)
          owner.set(free, truth)
          held.set(truth, free)
          free = truth === from ? undefined : before
        }
        return true
      }
    return false
  }
  return fits.filter((_, truth) => place(truth)).length
}

/**
 * F1 of predicted windows under one-to-one matching at an IoU threshold, in [0, 1]: 2 x matched / (predicted + true).
 * Two empty lists agree (1). Unlike the IoU of sets of time, one long window over several true ones earns one match only.
 */
export const windowF1 = (
  predicted: ReadonlyArray<Window>,
  truths: ReadonlyArray<Window>,
  threshold: number,
): number => {
  const all = predicted.length + truths.length
  return all === 0 ? 1 : (2 * matchedWindows(predicted, truths, threshold)) / all
}
