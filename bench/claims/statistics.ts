import { deviation, mean, quantiles, random } from '../../core/index.ts'

/** Integral of cos^(n - 1) from `from` to a right angle: the tail of Student's t with n degrees of freedom, unscaled. */
const tail = (degrees: number, from: number): number => {
  const steps = 2000
  const width = (Math.PI / 2 - from) / steps
  let sum = 0
  for (let i = 0; i <= steps; i++) {
    const weight = i === 0 || i === steps ? 1 : i % 2 === 1 ? 4 : 2
    sum += weight * Math.max(0, Math.cos(from + i * width)) ** (degrees - 1)
  }
  return (sum * width) / 3
}

/** Two-sided p-value of Student's t. */
export const studentP = (t: number, degrees: number): number =>
  tail(degrees, Math.atan(Math.abs(t) / Math.sqrt(degrees))) / tail(degrees, 0)

/** The t that is exceeded on either side with probability 1 - `confidence`. */
export const studentQuantile = (degrees: number, confidence = 0.95): number => {
  let [low, high] = [0, 1000]
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2
    if (studentP(middle, degrees) > 1 - confidence) low = middle
    else high = middle
  }
  return (low + high) / 2
}

/** Holm's step-down adjustment of p-values, in their order. */
export const holm = (ps: ReadonlyArray<number>): ReadonlyArray<number> => {
  const order = ps.map((_, index) => index).toSorted((a, b) => ps[a]! - ps[b]!)
  const adjusted = new Array<number>(ps.length).fill(1)
  let least = 0
  order.forEach((index, rank) => {
    least = Math.max(least, Math.min(1, (ps.length - rank) * ps[index]!))
    adjusted[index] = least
  })
  return adjusted
}

export interface Paired {
  readonly seeds: number
  /** Mean of the differences over seeds, with Student's 95 % interval and p-value. */
  readonly difference: number
  readonly t: readonly [number, number]
  readonly p: number
  /** Percentile interval when videos are drawn with replacement, the difference averaged over the seeds. */
  readonly bootstrap: readonly [number, number]
}

/**
 * Paired comparison of two arms: `a` and `b` hold one list of scores a seed, in the same order of seeds and queries.
 *
 * @param videos the video of each query; all queries of a video are drawn together.
 */
export const paired = (
  a: ReadonlyArray<ReadonlyArray<number>>,
  b: ReadonlyArray<ReadonlyArray<number>>,
  videos: ReadonlyArray<string>,
): Paired => {
  const differences = a.map((scores, seed) => mean(scores) - mean(b[seed]!))
  const difference = mean(differences)
  const half =
    a.length < 2
      ? Number.POSITIVE_INFINITY
      : (studentQuantile(a.length - 1) * deviation(differences)) / Math.sqrt(a.length)
  const error = deviation(differences) / Math.sqrt(a.length)
  const byVideo = new Map<string, { sum: number; count: number }>()
  videos.forEach((video, query) => {
    const gain = mean(a.map((scores, seed) => scores[query]! - b[seed]![query]!))
    const before = byVideo.get(video) ?? { sum: 0, count: 0 }
    byVideo.set(video, { sum: before.sum + gain, count: before.count + 1 })
  })
  const clusters = [...byVideo.values()]
  const draw = random('claims', 'bootstrap')
  const means = Array.from({ length: 2000 }, () => {
    let sum = 0
    let count = 0
    for (let k = 0; k < clusters.length; k++) {
      const one = clusters[draw.int(0, clusters.length - 1)]!
      sum += one.sum
      count += one.count
    }
    return sum / count
  })
  const [low, high] = quantiles(means, [0.025, 0.975])
  return {
    seeds: a.length,
    difference,
    t: [difference - half, difference + half],
    p:
      a.length < 2
        ? 1
        : error === 0
          ? difference === 0
            ? 1
            : 0
          : studentP(difference / error, a.length - 1),
    bootstrap: [low!, high!],
  }
}
