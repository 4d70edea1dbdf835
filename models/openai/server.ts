import type { ServerLoad } from './balance.ts'
import { type Pace, startPace } from './pace.ts'

/** The state of one server; only `endpoints.ts` changes it. */
export interface Server extends ServerLoad {
  readonly url: string
  pace: Pace
  inFlight: number
  readonly limit: number
  /** Failed answers are followed by health checks until one succeeds. */
  up: boolean
  /** Clock time in milliseconds before which no requests are sent. */
  pausedUntil: number
  /** Failures since its last answer. */
  faults: number
  /** Clock time in milliseconds since which it has refused every request; null if it has not. */
  refusing: number | null
  /** When its limit was last halved, and last changed; earlier requests say nothing about the current limit. */
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
