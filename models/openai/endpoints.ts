import { Clock, Effect, type Scope } from 'effect'
import { type Endpoint, ModelError } from '../model.ts'
import { isOpen, leastLoaded, preferred } from './balance.ts'
import { answered, refused, restarted } from './pace.ts'
import { type Backoff, backoff } from './retry.ts'
import { newServer, type Server } from './server.ts'

export interface EndpointOptions {
  readonly urls: ReadonlyArray<string>
  /** Requests at the same time with one server: at first and at most. */
  readonly start: number
  readonly most: number
  /** Pauses of a server that refuses without saying for how long. */
  readonly backoff: Backoff
  /** Time between health checks of a server that is out. */
  readonly checks: Backoff
  /** Milliseconds without any server after which nothing more is tried. */
  readonly giveUp: number
  /** Whether a server answers again. */
  readonly check: (url: string) => Effect.Effect<boolean>
}

/** So many failures in a row, and a server is taken out. */
const faultsAllowed = 5

export interface Endpoints {
  /**
   * Waits for a place with a server and holds it for as long as `use` runs: the one that `affinity` prefers, where that
   * is open, else the least loaded. `avoid` is the server that has just failed.
   */
  readonly withPlace: <A, E>(
    avoid: Server | null,
    affinity: string | null,
    use: (server: Server) => Effect.Effect<A, E>,
  ) => Effect.Effect<A, E | ModelError>
  /** An answer of use to a request sent at `sentAt` came after so many milliseconds; to be said by who holds the place. */
  readonly succeeded: (server: Server, sentAt: number, milliseconds: number) => void
  /** It refused for overload a request sent at `sentAt`, and asked for a pause of `pause` milliseconds or did not say. */
  readonly overloaded: (server: Server, sentAt: number, pause: number | null, draw: number) => void
  /** It refused the request for good. */
  readonly refused: (server: Server, problem: string) => void
  /** It failed in another way; `gone` where nobody listens there. */
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
 * Several servers of the same model as one. Requests wait in line for a place; a server has as many places as its pace
 * allows, none during a pause, and none while it is out. Health checks bring it back, with a single place at first.
 */
export const makeEndpoints = (options: EndpointOptions): Effect.Effect<Endpoints, never, Scope.Scope> =>
  Effect.gen(function* () {
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
    /** Lets in as many of those that wait as there are places. */
    const drain = () => {
      for (const waiter of waiting) {
        const server = take(waiter.avoid, waiter.affinity)
        if (server === null) return wakeLater()
        waiting.delete(waiter)
        waiter.serve(server)
      }
    }
    let alarm: { readonly at: number; readonly timer: NodeJS.Timeout } | null = null
    /** Looks again when the first pause is over; other places come free by themselves. */
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
        problem: `no server has answered for ${options.giveUp / 1000} s (${servers[0]?.error ?? 'no answer'}); start one and run again, what is finished is kept`,
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
          // Nobody overtakes those who wait.
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
            // Also where the fiber is interrupted between being served and going on.
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
        // What was on its way when the server began to refuse says nothing of what it takes now.
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
        // While it works on others, fewer are enough. Where it takes none at all it is left alone, for at most half of the
        // time that this has lasted, so that a storm costs at most half as much again as it lasts.
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
        // As long as more requests are on their way than have failed in a row, they may tell otherwise.
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
