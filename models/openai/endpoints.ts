import { Clock, Effect, type Scope } from 'effect'
import { type Endpoint, ModelError } from '../model.ts'
import { isOpen, leastLoaded, preferred } from './balance.ts'
import { answered, refused, restarted } from './pace.ts'
import { type Backoff, backoff } from './retry.ts'
import { newServer, type Server } from './server.ts'

export interface EndpointOptions {
  readonly urls: ReadonlyArray<string>
  /** Concurrent requests per server: initial and maximum. */
  readonly start: number
  readonly most: number
  /** Pauses after a refusal without a Retry-After time. */
  readonly backoff: Backoff
  /** Time between health checks of a server that is down. */
  readonly checks: Backoff
  /** Milliseconds without any server before giving up. */
  readonly giveUp: number
  /** Whether a server responds again. */
  readonly check: (url: string) => Effect.Effect<boolean>
}

/** Consecutive failures after which a server is marked down. */
const faultsAllowed = 5

export interface Endpoints {
  /**
   * Waits for a slot on a server and holds it while `use` runs: on the one that `affinity` prefers if it is open, else on
   * the least loaded. `avoid` is the server that has just failed.
   */
  readonly withPlace: <A, E>(
    avoid: Server | null,
    affinity: string | null,
    use: (server: Server) => Effect.Effect<A, E>,
  ) => Effect.Effect<A, E | ModelError>
  /** Reports a usable answer, after that many milliseconds, to a request sent at `sentAt`; called by the slot's holder. */
  readonly succeeded: (server: Server, sentAt: number, milliseconds: number) => void
  /** Reports a refusal for overload of a request sent at `sentAt`, with the requested pause in milliseconds if stated. */
  readonly overloaded: (server: Server, sentAt: number, pause: number | null, draw: number) => void
  /** Reports a permanent refusal of the request. */
  readonly refused: (server: Server, problem: string) => void
  /** Reports another failure; `gone` if nothing is listening there. */
  readonly failed: (server: Server, problem: string, gone: boolean) => void
  readonly health: Effect.Effect<ReadonlyArray<Endpoint>>
}

interface Waiter {
  readonly avoid: Server | null
  readonly affinity: string | null
  readonly serve: (server: Server) => void
  readonly refuse: (error: ModelError) => void
}

/**
 * Several servers of the same model as one. Requests queue for a slot; a server has as many slots as its pace allows,
 * none during a pause, and none while it is down. Health checks bring it back, with a single slot at first.
 */
export const makeEndpoints = Effect.fnUntraced(function* (
  options: EndpointOptions,
): Effect.fn.Return<Endpoints, never, Scope.Scope> {
  const clock = yield* Clock.Clock
  const now = () => clock.currentTimeMillisUnsafe()
  const runFork = Effect.runForkWith(yield* Effect.context<Scope.Scope>())
  const scope = yield* Effect.scope
  const servers = options.urls.map((url) => newServer(url, options.start, options.most))
  const waiting = new Set<Waiter>()
  let turn = 0
  let over: ModelError | null = null
  const timers = new Set<NodeJS.Timeout>()
  const after = (milliseconds: number, work: () => void): NodeJS.Timeout => {
    const timer = setTimeout(() => {
      timers.delete(timer)
      work()
    }, milliseconds)
    timers.add(timer)
    return timer
  }
  yield* Effect.addFinalizer(() =>
    Effect.sync(() => {
      for (const timer of timers) clearTimeout(timer)
    }),
  )

  const take = (avoid: Server | null, affinity: string | null): Server | null => {
    const time = now()
    const liked = affinity === null ? null : preferred(servers, affinity)
    const chosen =
      liked !== null && liked !== avoid && isOpen(liked, time)
        ? liked
        : leastLoaded(servers, time, turn++, avoid)
    if (chosen !== null) {
      chosen.inFlight++
      chosen.requests++
    }
    return chosen
  }
  /** Admits as many waiting requests as there are slots. */
  const drain = () => {
    for (const waiter of waiting) {
      const server = take(waiter.avoid, waiter.affinity)
      if (server === null) return wakeLater()
      waiting.delete(waiter)
      waiter.serve(server)
    }
  }
  let alarm: { readonly at: number; readonly timer: NodeJS.Timeout } | null = null
  /** Checks again when the first pause is over; other slots become free as requests finish. */
  const wakeLater = () => {
    const time = now()
    const ends = servers.filter(({ up, pausedUntil }) => up && pausedUntil > time)
    const at = Math.min(...ends.map(({ pausedUntil }) => pausedUntil))
    if (at === Number.POSITIVE_INFINITY || (alarm !== null && alarm.at <= at)) return
    if (alarm !== null) clearTimeout(alarm.timer)
    const timer = after(Math.ceil(at - time) + 1, () => {
      alarm = null
      drain()
    })
    alarm = { at, timer }
  }
  const endAll = () => {
    over = new ModelError({
      model: servers.map(({ url }) => url).join(', '),
      problem: `no server has answered for ${options.giveUp / 1000} s (${servers[0]?.error ?? 'no answer'}); start one and run again; finished work is kept`,
      retryable: true,
      fatal: true,
      kind: 'no server',
    })
    for (const waiter of waiting) waiter.refuse(over)
    waiting.clear()
  }
  let ending: NodeJS.Timeout | null = null

  const watch = (server: Server) =>
    Effect.gen(function* () {
      for (let check = 0; !server.up; check++) {
        yield* Effect.sleep(backoff(options.checks, check, 0.5))
        if (!(yield* options.check(server.url))) continue
        server.up = true
        server.faults = 0
        server.refusing = null
        server.pausedUntil = 0
        server.pace = restarted(server.pace)
        if (ending !== null) clearTimeout(ending)
        ending = null
        drain()
      }
    })
  const takeOut = (server: Server) => {
    if (!server.up) return
    server.up = false
    runFork(Effect.forkIn(watch(server), scope))
    if (servers.every(({ up }) => !up)) ending = after(options.giveUp, endAll)
  }

  return {
    withPlace: (avoid, affinity, use) =>
      Effect.suspend(() => {
        if (over !== null) return Effect.fail(over)
        // Waiting requests are served in order.
        let taken = waiting.size === 0 ? take(avoid, affinity) : null
        const wait =
          taken !== null
            ? Effect.succeed(taken)
            : Effect.callback<Server, ModelError>((resume) => {
                const waiter: Waiter = {
                  avoid,
                  affinity,
                  serve: (server) => {
                    taken = server
                    resume(Effect.succeed(server))
                  },
                  refuse: (error) => resume(Effect.fail(error)),
                }
                waiting.add(waiter)
                wakeLater()
                return Effect.sync(() => waiting.delete(waiter))
              })
        return wait.pipe(
          Effect.flatMap(use),
          // Also if the fiber is interrupted between getting a slot and continuing.
          Effect.ensuring(
            Effect.sync(() => {
              if (taken === null) return
              taken.inFlight--
              drain()
            }),
          ),
        )
      }),
    succeeded: (server, sentAt, milliseconds) => {
      server.faults = 0
      const seconds = milliseconds / 1000
      server.latency = server.latency === null ? seconds : 0.9 * server.latency + 0.1 * seconds
      // Requests sent before the server began to refuse say nothing about its current capacity.
      if (sentAt >= server.halvedAt) server.refusing = null
      if (sentAt < server.changedAt) return
      const { limit } = server
      server.pace = answered(server.pace, seconds, server.inFlight >= limit)
      if (server.limit !== limit) server.changedAt = now()
    },
    overloaded: (server, sentAt, pause, draw) => {
      server.failures++
      server.error = 'overloaded'
      const time = now()
      server.refusing ??= time
      if (sentAt >= server.halvedAt) {
        server.halvedAt = time
        server.changedAt = time
        server.pace = refused(server.pace)
      }
      // While other requests are in flight, lowering the limit is enough. A server that accepts none at all is paused,
      // for at most half of the time that this has lasted, so that its recovery is noticed early.
      if (pause === null && server.inFlight === 1) {
        const { first, most } = options.backoff
        const longest = { first: Math.max(first, (time - server.refusing) / 2), most }
        server.pausedUntil = Math.max(server.pausedUntil, time + backoff(longest, 0, draw))
      }
      if (pause !== null) server.pausedUntil = Math.max(server.pausedUntil, time + pause)
    },
    refused: (server, problem) => {
      server.failures++
      server.error = problem
    },
    failed: (server, problem, gone) => {
      server.failures++
      server.faults++
      server.error = problem
      // While more requests are in flight than have failed in a row, one of them may still succeed.
      if (gone || server.faults >= Math.max(faultsAllowed, server.inFlight)) takeOut(server)
    },
    health: Effect.sync(() =>
      servers.map(({ url, up, inFlight, limit, requests, failures, latency, error }) => ({
        url,
        up,
        inFlight,
        limit,
        requests,
        failures,
        latency,
        error,
      })),
    ),
  }
})
