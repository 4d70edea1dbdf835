import type { Window } from '../../core/index.ts'

/** 0.50, 0.55 .. 0.95. */
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

/**
 * True windows by IoU with a prediction, from high to low. Of equal IoUs the later window comes first, because the
 * reference reverses an ascending sort.
 */
const byIou = (ious: ReadonlyArray<number>): ReadonlyArray<number> =>
  ious.map((_, i) => i).sort((a, b) => ious[b]! - ious[a]! || b - a)

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
  const result = new Float64Array(thresholds.length)
  const table = ranked.map((window) => {
    const ious = truths.map((truth) => areaIou(window, truth))
    return { ious, order: truths.length === 1 ? [0] : byIou(ious) }
  })
  const locked = new Uint8Array(truths.length)
  const precisions = new Float64Array(ranked.length)
  for (const [t, threshold] of thresholds.entries()) {
    locked.fill(0)
    let hits = 0
    for (const [p, { ious, order }] of table.entries()) {
      precisions[p] = -1
      for (const g of order) {
        if (ious[g]! < threshold) break
        if (locked[g] === 1) continue
        locked[g] = 1
        hits++
        precisions[p] = hits / (p + 1)
        break
      }
    }
    // Precision can only peak at a hit, so the envelope over hits is the envelope over all points.
    let envelope = 0
    let area = 0
    for (let p = ranked.length - 1; p >= 0; p--) {
      const precision = precisions[p]!
      if (precision < 0) continue
      envelope = Math.max(envelope, precision)
      area += envelope
    }
    result[t] = area / truths.length
  }
  return result
}
