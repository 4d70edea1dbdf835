import { hash32 } from '../../core/index.ts'

/** The state that the choice of a server depends on. */
export interface ServerLoad {
  /** Requests with it now, and at most. */
  readonly inFlight: number
  readonly limit: number
  readonly up: boolean
  /** No requests are sent before this time, milliseconds. */
  readonly pausedUntil: number
}

/** Whether a server can be sent one more request now. */
export const isOpen = ({ inFlight, limit, up, pausedUntil }: ServerLoad, now: number): boolean =>
  up && inFlight < limit && pausedUntil <= now

/**
 * The open server with the fewest outstanding requests, of several the first from `turn` on, for round robin
 * among equals; null if none is open. The server `avoid` is used only if there is no other.
 */
export const leastLoaded = <A extends ServerLoad>(
  servers: ReadonlyArray<A>,
  now: number,
  turn: number,
  avoid: A | null = null,
): A | null => {
  let best: A | null = null
  for (let step = 0; step < servers.length; step++) {
    const server = servers[(turn + step) % servers.length]!
    if (!isOpen(server, now)) continue
    if (best === null || (best === avoid && server !== avoid)) best = server
    else if (server !== avoid && server.inFlight < best.inFlight) best = server
  }
  return best
}

/** A number for a server and a key that depends on both, so that keys spread evenly and stay assigned. */
const weight = (url: string, affinity: string): number => hash32(`${url}\u0000${affinity}`)

/**
 * The server that requests of one affinity prefer, of those that are up: rendezvous hashing, so that a server that
 * leaves or returns does not move the keys of others. Null if none is up.
 */
export const preferred = <A extends Pick<ServerLoad, 'up'> & { readonly url: string }>(
  servers: ReadonlyArray<A>,
  affinity: string,
): A | null => {
  let best: { readonly server: A; readonly weight: number } | null = null
  for (const server of servers) {
    if (!server.up) continue
    const own = weight(server.url, affinity)
    if (best === null || own > best.weight) best = { server, weight: own }
  }
  return best?.server ?? null
}
