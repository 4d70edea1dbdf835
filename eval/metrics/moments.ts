import type { Window } from '../../core/index.ts'

/** Thresholds 0.50, 0.55 .. 0.95. */
export const momentThresholds: ReadonlyArray<number> = Array.from(
  { length: 10 },
  (_, i) => (50 + 5 * i) / 100,
)

/** Area form, as the matching of moment_detr computes it: not clamped, NaN for two equal instants. */
const areaIou = (a: Window, b: Window): number => {
  const shared = Math.max(0, Math.min(a[1], b[1]) - Math.max(a[0], b[0]))
  return shared / (a[1] - a[0] + (b[1] - b[0]) - shared)
}

/** The order in which predictions are tried: by confidence from high to low, equals in list order. */
export const byConfidence = (
  windows: ReadonlyArray<Window>,
  confidences: ReadonlyArray<number> | undefined,
): ReadonlyArray<Window> => {
  if (confidences === undefined) return windows
  return windows
    .map((_, i) => i)
    .sort((a, b) => confidences[b]! - confidences[a]!)
    .map((i) => windows[i]!)
}

/** IoU of every prediction with every truth, and the truths of each prediction in the order of matching. */
interface Table {
  readonly ious: Float64Array
  readonly order: Uint16Array
}

/**
 * Truths are visited by IoU from high to low. Of equal IoUs the later window comes first, because the reference
 * reverses an ascending sort. Flat arrays and insertion: lists are short, and there are tens of thousands of them.
 */
const tableOf = (ranked: ReadonlyArray<Window>, truths: ReadonlyArray<Window>): Table => {
  const m = truths.length
  const ious = new Float64Array(ranked.length * m)
  const order = new Uint16Array(ranked.length * m)
  for (let p = 0; p < ranked.length; p++) {
    const row = p * m
    for (let g = 0; g < m; g++) {
      const iou = areaIou(ranked[p]!, truths[g]!)
      ious[row + g] = iou
      let place = g
      for (; place > 0 && !(ious[row + order[row + place - 1]!]! > iou); place--)
        order[row + place] = order[row + place - 1]!
      order[row + place] = g
    }
  }
  return { ious, order }
}

/**
 * Average precision of one query at each threshold, as moment_detr's `standalone_eval` computes it: greedy matching
 * down the list, then the area under the interpolated precision-recall curve (VOC 2011).
 *
 * @param ranked predictions in the order of `byConfidence`, at most ten.
 * @param truths at least one window.
 */
export const averagePrecisions = (
  ranked: ReadonlyArray<Window>,
  truths: ReadonlyArray<Window>,
  thresholds: ReadonlyArray<number> = momentThresholds,
): Float64Array => {
  const n = ranked.length
  const m = truths.length
  const result = new Float64Array(thresholds.length)
  const { ious, order } = tableOf(ranked, truths)
  const lockedAt = new Uint8Array(m)
  const precisions = new Float64Array(n)
  for (let t = 0; t < thresholds.length; t++) {
    const threshold = thresholds[t]!
    let hits = 0
    for (let p = 0; p < n; p++) {
      precisions[p] = -1
      for (let k = p * m; k < (p + 1) * m; k++) {
        const g = order[k]!
        if (ious[p * m + g]! < threshold) break
        if (lockedAt[g] === t + 1) continue
        lockedAt[g] = t + 1
        hits++
        precisions[p] = hits / (p + 1)
        break
      }
    }
    // No prediction passes a higher threshold if none passes this one.
    if (hits === 0) break
    // Precision can only peak at a hit, so the envelope over hits is the envelope over all points.
    let envelope = 0
    let area = 0
    for (let p = n - 1; p >= 0; p--) {
      const precision = precisions[p]!
      if (precision < 0) continue
      if (precision > envelope) envelope = precision
      area += envelope
    }
    result[t] = area / m
  }
  return result
}
