import { ranks } from './rank.ts'

/**
 * Area under the ROC curve: the probability that a positive scores above a negative, ties counting half.
 * NaN where one class is absent.
 */
export const auroc = (scores: ArrayLike<number>, positive: ArrayLike<boolean | number>): number => {
  const ranked = ranks(scores)
  let positives = 0
  let sum = 0
  for (let i = 0; i < ranked.length; i++)
    if (positive[i]) {
      positives++
      sum += ranked[i]!
    }
  const negatives = ranked.length - positives
  if (positives === 0 || negatives === 0) return Number.NaN
  return (sum - (positives * (positives + 1)) / 2) / (positives * negatives)
}

/**
 * Area under the precision-recall curve as average precision: the sum of (recall step x precision) over the distinct
 * scores from high to low, equal scores taken together. NaN without positives.
 */
export const auprc = (scores: ArrayLike<number>, positive: ArrayLike<boolean | number>): number => {
  const order = Uint32Array.from({ length: scores.length }, (_, i) => i).sort(
    (a, b) => scores[b]! - scores[a]!,
  )
  let positives = 0
  for (let i = 0; i < scores.length; i++) if (positive[i]) positives++
  if (positives === 0) return Number.NaN
  let area = 0
  let hits = 0
  for (let from = 0; from < order.length; ) {
    let to = from
    let found = 0
    for (; to < order.length && scores[order[to]!] === scores[order[from]!]; to++)
      if (positive[order[to]!]) found++
    hits += found
    area += (found / positives) * (hits / to)
    from = to
  }
  return area
}

export interface Detection {
  readonly precision: number
  readonly recall: number
  readonly f1: number
  /** Share of negatives that were flagged. */
  readonly falseAlarms: number
  readonly flagged: number
  readonly positives: number
  readonly n: number
}

/** Precision, recall, F1 and false alarms of a set of flags. Precision is 0 if nothing is flagged. */
export const detection = (
  flagged: ArrayLike<boolean | number>,
  positive: ArrayLike<boolean | number>,
): Detection => {
  let hits = 0
  let flags = 0
  let positives = 0
  for (let i = 0; i < flagged.length; i++) {
    if (flagged[i]) flags++
    if (positive[i]) positives++
    if (flagged[i] && positive[i]) hits++
  }
  const precision = flags === 0 ? 0 : hits / flags
  const recall = positives === 0 ? 0 : hits / positives
  const negatives = flagged.length - positives
  return {
    precision,
    recall,
    f1: precision + recall > 0 ? (2 * precision * recall) / (precision + recall) : 0,
    falseAlarms: negatives === 0 ? 0 : (flags - hits) / negatives,
    flagged: flags,
    positives,
    n: flagged.length,
  }
}

/** The largest recall of any threshold whose share of flagged negatives is at most `rate`. */
export const recallAtFalseAlarms = (
  scores: ArrayLike<number>,
  positive: ArrayLike<boolean | number>,
  rate: number,
): number => {
  const order = Uint32Array.from({ length: scores.length }, (_, i) => i).sort(
    (a, b) => scores[b]! - scores[a]!,
  )
  let positives = 0
  for (let i = 0; i < scores.length; i++) if (positive[i]) positives++
  const negatives = scores.length - positives
  let hits = 0
  let best = 0
  for (let from = 0; from < order.length; ) {
    let to = from
    for (; to < order.length && scores[order[to]!] === scores[order[from]!]; to++)
      if (positive[order[to]!]) hits++
    if (to - hits > rate * negatives) break
    best = hits
    from = to
  }
  return positives === 0 ? 0 : best / positives
}
