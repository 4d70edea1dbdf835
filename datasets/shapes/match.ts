import type { Random } from '../../core/index.ts'

/** Ranks of the values, from 0, ties sharing their mean rank, scaled to mean 0 and a range of 1. */
const ranks = (values: ReadonlyArray<number>): ReadonlyArray<number> => {
  const order = values.map((_, index) => index).toSorted((a, b) => values[a]! - values[b]!)
  const ranked = new Array<number>(values.length).fill(0)
  for (let from = 0; from < order.length; ) {
    let to = from
    while (to < order.length && values[order[to]!] === values[order[from]!]) to++
    for (let i = from; i < to; i++)
      ranked[order[i]!] = (from + to - 1) / 2 / values.length - (values.length - 1) / 2 / values.length
    from = to
  }
  return ranked
}

/**
 * Deals `counts` (how many annotations of a pair are partial: 0, 1 or 2) to the pairs so that no feature of a pair reveals
 * its count: of `tries` random deals, the one whose largest difference in mean rank between partial and complete
 * annotations is smallest. That difference, over all annotations, is how far the feature's AUROC is from one half.
 *
 * @param features one list a feature, each with one value a pair.
 */
export const matched = (
  draw: Random,
  counts: ReadonlyArray<number>,
  features: ReadonlyArray<ReadonlyArray<number>>,
  tries = 200,
): ReadonlyArray<number> => {
  const ranked = features.map(ranks)
  const partial = counts.reduce((sum, count) => sum + count, 0)
  const complete = 2 * counts.length - partial
  if (partial === 0 || complete === 0) return counts
  let best = counts
  let least = Number.POSITIVE_INFINITY
  for (let attempt = 0; attempt < tries; attempt++) {
    const dealt = draw.shuffle(counts)
    // Ranks sum to zero over all annotations, so the sum over partial ones fixes the one over complete ones.
    const worst = Math.max(
      ...ranked.map((rank) => {
        const sum = dealt.reduce((total, count, index) => total + count * rank[index]!, 0)
        return Math.abs(sum / partial + sum / complete)
      }),
    )
    if (worst < least) {
      best = dealt
      least = worst
    }
  }
  return best
}
