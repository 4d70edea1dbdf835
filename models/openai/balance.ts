/** What the choice of a server looks at. */
export interface ServerLoad {
  /** Requests with it now, and at most. */
  readonly inFlight: number
  readonly limit: number
  readonly up: boolean
  /** It takes nothing before this time, milliseconds. */
  readonly pausedUntil: number
}

/** Whether a server takes one more request now. */
export const isOpen = ({ inFlight, limit, up, pausedUntil }: ServerLoad, now: number): boolean =>
  up && inFlight < limit && pausedUntil <= now

/**
 * The open server with the fewest outstanding requests, of several the first from `turn` on, so that equals take
 * turns; null where none is open. The server `avoid` is only taken where there is no other.
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
