/**
 * How many requests one server may have at the same time: pure rules. The limit doubles as long as a doubling leaves
 * latency nearly flat (throughput grows), then grows slowly; it halves when the server reports overload.
 */
export interface Pace {
  /** Requests at the same time now; a whole number from 1 to `most`. */
  readonly limit: number
  readonly most: number
  /** Answers at this limit so far, only counted while the limit was fully used, and the sum of their latencies. */
  readonly answers: number
  readonly latency: number
  /** The last lower limit that was measured, and its mean latency. */
  readonly below: { readonly limit: number; readonly latency: number } | null
  /** The limit at which the server refused or latency rose: above it the limit grows slowly. */
  readonly ceiling: { readonly limit: number; readonly cause: 'refusal' | 'latency' } | null
  /** Full rounds to wait at the ceiling before trying a higher limit. */
  readonly quiet: number
  /** No answer since the last refusal: then the cause is not the number of requests. */
  readonly storm: boolean
}

/**
 * Rounds at the ceiling before the limit grows again: by one if the server refused; by a doubling, which is measured again,
 * if latency rose, because a busy machine may have distorted it. Twice as many rounds after each failed attempt.
 */
const firstQuiet = 16
const mostQuiet = 1024

/** Number of latencies per measurement. */
const fewest = 16

export const startPace = (start: number, most: number): Pace => ({
  limit: Math.min(start, most),
  most,
  answers: 0,
  latency: 0,
  below: null,
  ceiling: null,
  quiet: firstQuiet,
  storm: false,
})

const at = (pace: Pace, limit: number, changes: Partial<Pace> = {}): Pace => ({
  ...pace,
  limit: Math.max(1, Math.min(pace.most, limit)),
  answers: 0,
  latency: 0,
  ...changes,
})

/** Latency is flat while it grows by less than the square root of the growth of the limit. */
const flat = (pace: Pace, mean: number): boolean =>
  pace.below === null || mean <= pace.below.latency * Math.sqrt(pace.limit / pace.below.limit)

/**
 * An answer came after `latency` seconds; `full` says that all slots were in use meanwhile; otherwise an answer says
 * nothing about the limit.
 */
export const answered = (pace: Pace, latency: number, full: boolean): Pace => {
  if (!full || pace.limit >= pace.most) return pace.storm ? { ...pace, storm: false } : pace
  const { limit, ceiling } = pace
  const answers = pace.answers + 1
  const sum = pace.latency + latency
  const known = { ...pace, answers, latency: sum, storm: false }
  // Below a limit that worked before there is nothing to measure.
  if (ceiling !== null && limit < ceiling.limit)
    return answers < limit ? known : at(known, Math.min(2 * limit, ceiling.limit))
  const below = { limit, latency: sum / answers }
  if (ceiling !== null) {
    if (answers < limit * pace.quiet) return known
    return ceiling.cause === 'refusal'
      ? at(known, limit + 1, { ceiling: { limit: limit + 1, cause: 'refusal' } })
      : at(known, 2 * limit, { ceiling: null, below, quiet: longer(pace.quiet) })
  }
  if (answers < Math.max(limit, fewest)) return known
  if (flat(pace, below.latency)) return at(known, 2 * limit, { below, quiet: firstQuiet })
  // Latency rose as much as the limit: throughput did not grow. A few more requests keep the server busy while answers
  // are in transit; gradient limiters use the square root of the limit for this.
  const last = pace.below!.limit
  const lower = pace.quiet > firstQuiet ? last : Math.min(limit, last + Math.ceil(Math.sqrt(last)))
  return at(known, lower, { ceiling: { limit: lower, cause: 'latency' }, below: null })
}

const longer = (quiet: number): number => Math.min(mostQuiet, 2 * quiet)

/** After a refusal for overload: half the limit, and slow growth above the ceiling. */
export const refused = (pace: Pace): Pace => {
  const half = Math.floor(pace.limit / 2)
  if (pace.storm) return at(pace, half, { below: null })
  const again = pace.ceiling !== null && pace.limit >= pace.ceiling.limit
  return at(pace, half, {
    ceiling: { limit: Math.max(1, pace.limit - 1), cause: 'refusal' },
    below: null,
    quiet: again ? longer(pace.quiet) : pace.quiet,
    storm: true,
  })
}

/** A server that is up again starts with one request at a time and recovers quickly. */
export const restarted = (pace: Pace): Pace =>
  at(pace, 1, {
    ceiling: pace.ceiling ?? { limit: pace.limit, cause: 'latency' },
    below: null,
    storm: false,
  })
