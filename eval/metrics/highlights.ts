export interface RankedClips {
  readonly scores: Float64Array
  readonly order: Uint32Array
}

/**
 * Average precision of clip scores against binary labels, as moment_detr's highlight evaluation computes it: the
 * envelope of precision over rising thresholds, averaged without weights over the points at which recall changes.
 * All labels 0 give 0, all 1 give 1.
 *
 * @param order the clips from the highest score to the lowest.
 * @param scores one score a clip; equal scores form one point of the curve.
 * @param truth the annotated level of each clip, `stride` apart from `offset` on.
 * @param minimum the level from which a clip is a positive.
 */
export const highlightPrecision = (
  { order, scores }: RankedClips,
  truth: Uint8Array,
  minimum: number,
  offset = 0,
  stride = 1,
): number => {
  const n = order.length
  const points: Array<number> = []
  let hits = 0
  for (let from = 0; from < n; ) {
    let to = from
    const before = hits
    const score = scores[order[from]!]
    for (; to < n && scores[order[to]!] === score; to++)
      if (truth[stride * order[to]! + offset]! >= minimum) hits++
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
export const rankClips = (saliency: ReadonlyArray<number>, clips: number): RankedClips => {
  const scores = new Float64Array(clips)
  for (let i = 0; i < Math.min(clips, saliency.length); i++) scores[i] = saliency[i]!
  const order = new Uint32Array(clips)
  if (clips > 256) {
    for (let i = 0; i < clips; i++) order[i] = i
    return { scores, order: order.sort((a, b) => scores[b]! - scores[a]!) }
  }
  // A clip of 150 s has 75 scores: insertion is several times faster there than a sort that calls back.
  for (let i = 0; i < clips; i++) {
    const score = scores[i]!
    let place = i
    for (; place > 0 && scores[order[place - 1]!]! < score; place--) order[place] = order[place - 1]!
    order[place] = i
  }
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
