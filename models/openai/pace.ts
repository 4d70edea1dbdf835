/**
 * How many requests one server may have at the same time: pure rules. The limit doubles as long as a doubling leaves
 * latency nearly flat (throughput grows), then creeps; it halves when the server says that it is too much.
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
  /** Where the server refused, or latency rose: from there on the limit grows one by one and rarely. */
  readonly ceiling: number | null
  /** Full rounds to wait at the ceiling before trying one more. */
  readonly quiet: number
}

/** Rounds at the ceiling before the first careful step beyond it; twice as many after each step that failed. */
const firstQuiet = 16
const mostQuiet = 1024

export const startPace = (start: number, most: number): Pace => ({
  limit: Math.min(start, most),
  most,
  answers: 0,
  latency: 0,
  below: null,
  ceiling: null,
  quiet: firstQuiet,
})

const at = (pace: Pace, limit: number, changes: Partial<Pace> = {}): Pace => ({
  ...pace,
  limit: Math.max(1, Math.min(pace.most, limit)),
  answers: 0,
  latency: 0,
  ...changes,
})

/** Latency is flat while it grows by less than the square root of what the limit grew by. */
const flat = (pace: Pace, mean: number): boolean =>
  pace.below === null || mean <= pace.below.latency * Math.sqrt(pace.limit / pace.below.limit)

/**
 * An answer came after `latency` seconds; `full` says that all places were taken meanwhile, without which an answer
 * says nothing about the limit.
 */
export const answered = (pace: Pace, latency: number, full: boolean): Pace => {
  if (!full || pace.limit >= pace.most) return pace
  const { limit, ceiling } = pace
  const answers = pace.answers + 1
  const sum = pace.latency + latency
  const known = { ...pace, answers, latency: sum }
  const steady = ceiling !== null && limit >= ceiling
  if (answers < limit * (steady ? pace.quiet : 1)) return known
  const mean = sum / answers
  if (steady) return at(pace, limit + 1, { ceiling: limit + 1, below: { limit, latency: mean } })
  if (flat(pace, mean)) {
    const next = ceiling === null ? 2 * limit : Math.min(2 * limit, ceiling)
    return at(pace, next, { below: { limit, latency: mean } })
  }
  // Latency rose as much as the limit did: the last one did as much work. A few more keep the server busy while an
  // answer is on its way back; the root of the limit is what gradient limiters of other systems leave for that.
  const lower = Math.min(limit, pace.below!.limit + Math.ceil(Math.sqrt(pace.below!.limit)))
  return at(pace, lower, { ceiling: lower, below: null })
}

/** The server refused for overload: half, and no longer past where it happened. */
export const refused = (pace: Pace): Pace => {
  const half = Math.floor(pace.limit / 2)
  const again = pace.ceiling !== null && pace.limit >= pace.ceiling
  return at(pace, half, {
    ceiling: Math.max(1, pace.limit - 1),
    below: null,
    quiet: again ? Math.min(mostQuiet, 2 * pace.quiet) : pace.quiet,
  })
}

/** A server that comes back begins anew, one request at a time. */
export const restarted = (pace: Pace): Pace => startPace(1, pace.most)
