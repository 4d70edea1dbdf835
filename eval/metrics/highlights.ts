/**
 * Average precision of clip scores against binary labels, as moment_detr's highlight evaluation computes it: the
 * envelope of precision over rising thresholds, averaged without weights over the points at which recall changes.
 * All labels 0 give 0, all 1 give 1.
 *
 * @param order the clips from the highest score to the lowest.
 * @param scores one score a clip; equal scores form one point of the curve.
 */
export const highlightPrecision = (
  order: ArrayLike<number>,
  scores: ArrayLike<number>,
  label: (clip: number) => boolean,
): number => {
  const n = order.length
  const points: Array<number> = []
  let hits = 0
  for (let from = 0; from < n; ) {
    let to = from
    const before = hits
    for (; to < n && scores[order[to]!] === scores[order[from]!]; to++) if (label(order[to]!)) hits++
    if (hits > before) points.push(hits / to)
    from = to
  }
  if (hits === 0) return 0
  if (hits === n) return 1
  let envelope = 0
  let sum = 0
  for (let i = points.length - 1; i >= 0; i--) {
    envelope = Math.max(envelope, points[i]!)
    sum += envelope
  }
  return sum / points.length
}

/** The clips from the highest score to the lowest, after cutting or zero-padding the scores to `clips`. */
export const rankClips = (
  saliency: ReadonlyArray<number>,
  clips: number,
): { readonly scores: Float64Array; readonly order: Uint32Array } => {
  const scores = new Float64Array(clips)
  for (let i = 0; i < Math.min(clips, saliency.length); i++) scores[i] = saliency[i]!
  const order = Uint32Array.from({ length: clips }, (_, i) => i).sort((a, b) => scores[b]! - scores[a]!)
  return { scores, order }
}

/** Index of the first maximum; -1 of an empty list. */
export const argmax = (values: ReadonlyArray<number>): number => {
  let best = -1
  let top = Number.NEGATIVE_INFINITY
  for (let i = 0; i < values.length; i++)
    if (best < 0 || values[i]! > top) {
      best = i
      top = values[i]!
    }
  return best
}
