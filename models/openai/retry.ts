/**
 * Which requests are retried and when: pure rules. A failure is classified by its status, or as `reset`, `timeout` or
 * `bad answer`.
 */
export type Failure =
  | { readonly kind: 'status'; readonly status: number }
  | { readonly kind: 'reset' | 'timeout' | 'bad answer' }

/** Statuses of an overloaded server. */
const overloaded: ReadonlySet<number> = new Set([429, 503])

/** Whether a status reports overload; the server's concurrency is then halved. */
export const isOverload = (failure: Failure): boolean =>
  failure.kind === 'status' && overloaded.has(failure.status)

/** A retry may succeed after 408, 409, 425, 429, every 5xx except 501 and 505, resets, time-outs and incomplete answers. */
export const isRetryable = (failure: Failure): boolean => {
  if (failure.kind !== 'status') return true
  const { status } = failure
  return (
    status === 408 ||
    status === 409 ||
    status === 425 ||
    status === 429 ||
    (status >= 500 && status !== 501 && status !== 505)
  )
}

export interface Backoff {
  /** Milliseconds before the first retry, doubled before each further one. */
  readonly first: number
  /** The most milliseconds. */
  readonly most: number
}

/**
 * Milliseconds to wait before retry number `retry` (from 0): between half of and the whole of `first * 2^retry`, at
 * most `most`; `draw` in [0, 1) places it, so that requests that failed together are not retried together.
 */
export const backoff = ({ first, most }: Backoff, retry: number, draw: number): number => {
  const whole = Math.min(most, first * 2 ** Math.min(retry, 52))
  return whole / 2 + (whole / 2) * draw
}

/** A day: who asks for more, e.g. by writing a point in time as a number of seconds, is asked again after this. */
const longestPause = 86_400_000

/**
 * Milliseconds that a Retry-After header asks for, in either of its forms (RFC 9110, 10.2.3): a number of seconds, or a
 * date, of which `now` is subtracted. Null where there is none or it cannot be read; from 0 to a day.
 */
export const retryAfter = (header: string | undefined, now: number): number | null => {
  const value = header?.trim() ?? ''
  if (value === '') return null
  const asked = /^\d+(\.\d+)?$/.test(value) ? Number(value) * 1000 : Date.parse(value) - now
  return Number.isNaN(asked) ? null : Math.min(longestPause, Math.max(0, asked))
}
