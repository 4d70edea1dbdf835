import type { ServerLoad } from './balance.ts'
import { type Pace, startPace } from './pace.ts'

/** One server and what is known of it; `endpoints.ts` alone changes it. */
export interface Server extends ServerLoad {
  readonly url: string
  pace: Pace
  inFlight: number
  readonly limit: number
  /** Failed answers are followed by health checks until one succeeds. */
  up: boolean
  /** Milliseconds of the clock before which it is sent nothing. */
  pausedUntil: number
  /** Failures since its last answer. */
  faults: number
  /** Since when it has refused all that was sent, milliseconds; null where it has not. */
  refusing: number | null
  /** When its limit was last halved, and last changed: what was sent before that says nothing of the limit now. */
  halvedAt: number
  changedAt: number
  requests: number
  failures: number
  latency: number | null
  error: string | null
}

export const newServer = (url: string, start: number, most: number): Server => ({
  url,
  pace: startPace(start, most),
  inFlight: 0,
  get limit() {
    return this.pace.limit
  },
  up: true,
  pausedUntil: 0,
  faults: 0,
  refusing: null,
  halvedAt: 0,
  changedAt: 0,
  requests: 0,
  failures: 0,
  latency: null,
  error: null,
})
