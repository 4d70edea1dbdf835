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
  /** Where the server refused, or latency rose: from there on the limit grows rarely. */
  readonly ceiling: { readonly limit: number; readonly cause: 'refusal' | 'latency' } | null
  /** Full rounds to wait at the ceiling before trying one more. */
  readonly quiet: number
  /** Nothing was answered since the last refusal: then it is not the number of requests that is refused. */
  readonly storm: boolean
}

/**
 * Rounds at the ceiling before the limit grows again: by one where the server refused, by a doubling that is judged anew
 * where latency rose, for a busy machine may have misled. Twice as many rounds after each time that it was of no use.
 */
const firstQuiet = 16
const mostQuiet = 1024

/** Latencies that a judgement rests on. */
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

/** Latency is flat while it grows by less than the square root of what the limit grew by. */
const flat = (pace: Pace, mean: number): boolean =>
  pace.below === null || mean <= pace.below.latency * Math.sqrt(pace.limit / pace.below.limit)

/**
 * An answer came after `latency` seconds; `full` says that all places were taken meanwhile, without which an answer
 * says nothing about the limit.
 */
export const answered = (pace: Pace, latency: number, full: boolean): Pace => {
  if (!full || pace.limit >= pace.most) return pace.storm ? { ...pace, storm: false } : pace
  const { limit, ceiling } = pace
  const answers = pace.answers + 1
  const sum = pace.latency + latency
  const known = { ...pace, answers, latency: sum, storm: false }
  // On the way back to where it was there is nothing to find out.
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
  // Latency rose as much as the limit did: the last one did as much work. A few more keep the server busy while an
  // answer is on its way back; the root of the limit is what gradient limiters of other systems leave for that.
  const last = pace.below!.limit
  const lower = pace.quiet > firstQuiet ? last : Math.min(limit, last + Math.ceil(Math.sqrt(last)))
  return at(known, lower, { ceiling: { limit: lower, cause: 'latency' }, below: null })
}

const longer = (quiet: number): number => Math.min(mostQuiet, 2 * quiet)

/** The server refused for overload: half, and slowly past where it happened. */
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

/** A server that comes back begins with one request at a time, and is soon where it was. */
export const restarted = (pace: Pace): Pace =>
  at(pace, 1, {
    ceiling: pace.ceiling ?? { limit: pace.limit, cause: 'latency' },
    below: null,
    storm: false,
  })
