import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { link, rm, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { Clock, Duration, Effect, type Scope } from 'effect'
import { z } from 'zod'
import { InputError } from '../core/index.ts'
import { attempt, codeOf } from './errors.ts'
import { makeFolder, removeFile } from './folder.ts'
import { readText } from './text.ts'
import { temporaryName, writeJson } from './whole.ts'

const leaseSchema = z.object({
  token: z.string(),
  pid: z.int(),
  host: z.string(),
  /** Milliseconds since 1970 by the holder's clock. */
  heartbeat: z.number(),
})
export type Lease = z.output<typeof leaseSchema>

/** How often the holder renews its lease. */
const beat = Duration.seconds(10)
/** A lease not renewed for this long has expired, even if its process exists; allows for clock differences. */
const deadAfter = 90_000

/** Whether a process exists on this machine, whoever runs it. */
export const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // EPERM: it runs as another user.
    return codeOf(error) === 'EPERM'
  }
}

/** Whether the holder of a lease is alive: its heartbeat is recent and, on this machine, its process exists. */
export const isLive = (lease: Pick<Lease, 'pid' | 'host' | 'heartbeat'>, now: number): boolean =>
  now - lease.heartbeat < deadAfter && (lease.host !== hostname() || isAlive(lease.pid))

/** A lease from a clock so far ahead that it would stay valid for hours after its holder ended. */
const isFuture = ({ heartbeat }: Lease, now: number): boolean => heartbeat - now > deadAfter

/** Removes the lease on a folder, regardless of its holder. */
export const breakLease = (folder: string): Effect.Effect<void, InputError> =>
  Effect.forEach(['lease.json', 'lease.takeover'], (name) => removeFile(join(folder, name)), {
    discard: true,
  })

/** The lease of a live process on a folder, or null. */
export const holderOf = Effect.fnUntraced(function* (
  folder: string,
): Effect.fn.Return<Lease | null, InputError> {
  const path = join(folder, 'lease.json')
  // A large run has hundreds of folders that nobody holds, and its pages look at them every second.
  const lease = existsSync(path) ? yield* readLease(path) : null
  return lease !== null && isLive(lease, yield* Clock.currentTimeMillis) ? lease : null
})

/** The lease in a file; null if there is none or it is incomplete (its writer was killed). */
const readLease = (path: string) =>
  readText(path).pipe(
    Effect.map((text): Lease | null => {
      try {
        const parsed = leaseSchema.safeParse(JSON.parse(text ?? 'null'))
        return parsed.success ? parsed.data : null
      } catch {
        return null
      }
    }),
  )

/**
 * Creates a file at `path` only if none exists. `link` is atomic on local and on NFS file systems, unlike a check
 * followed by a write, and the linked file is complete from the start.
 */
export const claimFile = (path: string, content: string): Effect.Effect<boolean, InputError> =>
  attempt(path, 'written', async () => {
    const temporary = temporaryName(path)
    try {
      await writeFile(temporary, content)
      await link(temporary, path)
      return true
    } catch (error) {
      if (codeOf(error) === 'EEXIST') return false
      throw error
    } finally {
      await rm(temporary, { force: true })
    }
  })

/**
 * Holds `folder` for this process until the scope closes, with a heartbeat. A folder held by a live process is refused
 * with an InputError; a dead process's lease is taken over by exactly one of several contenders: they queue at a
 * second file, and only its holder may replace the lease. `check` fails once another process has taken over.
 */
export const holdFolder = Effect.fn('Files.holdFolder')(function* (folder: string, name: string) {
  const path = join(folder, 'lease.json')
  const gate = join(folder, 'lease.takeover')
  const token = randomUUID()
  const lease = Effect.map(
    Clock.currentTimeMillis,
    (now): Lease => ({
      token,
      pid: process.pid,
      host: hostname(),
      heartbeat: now,
    }),
  )
  const refuse = (held: Lease | null, now: number) => {
    if (held === null)
      return new InputError({
        subject: name,
        problem: 'is being taken over by another process',
        remedy: 'wait for it or stop it',
      })
    const ahead = isFuture(held, now)
      ? `, whose clock is ${Math.round((held.heartbeat - now) / 60_000)} min ahead`
      : ''
    return new InputError({
      subject: name,
      problem: `is held by process ${held.pid} on ${held.host}${ahead}`,
      remedy:
        ahead === ''
          ? 'wait for it or stop it'
          : 'correct that clock, or take the folder with --break-lease once the process has ended',
    })
  }
  yield* makeFolder(folder)

  const acquire = Effect.gen(function* () {
    const mine = yield* lease
    if (yield* claimFile(path, JSON.stringify(mine))) return
    const held = yield* readLease(path)
    if (held !== null && isLive(held, mine.heartbeat)) return yield* refuse(held, mine.heartbeat)
    // The gate is a lease too, so that one left by a process that died while taking over does not lock the fold.
    if (!(yield* claimFile(gate, JSON.stringify(mine)))) {
      const taker = yield* readLease(gate)
      if (taker !== null && isLive(taker, mine.heartbeat)) return yield* refuse(null, mine.heartbeat)
      yield* removeFile(gate)
      if (!(yield* claimFile(gate, JSON.stringify(mine)))) return yield* refuse(null, mine.heartbeat)
    }
    yield* Effect.gen(function* () {
      const again = yield* readLease(path)
      if (again !== null && isLive(again, mine.heartbeat)) return yield* refuse(again, mine.heartbeat)
      yield* writeJson(path, mine)
    }).pipe(Effect.ensuring(Effect.ignore(removeFile(gate))))
  })
  const release = Effect.gen(function* () {
    const held = yield* readLease(path)
    if (held?.token === token) yield* removeFile(path)
  })
  yield* Effect.acquireRelease(acquire, () => Effect.ignore(release))
  const lost = new InputError({
    subject: name,
    problem: 'was taken over by another process because this one stopped renewing its lease',
    remedy: 'wait for that process to finish',
  })
  const check = readLease(path).pipe(
    Effect.flatMap((held) => (held?.token === token ? Effect.void : Effect.fail(lost))),
  )
  yield* Effect.forkScoped(
    Effect.forever(
      Effect.sleep(beat).pipe(
        Effect.andThen(check),
        Effect.andThen(lease),
        Effect.flatMap((renewed) => writeJson(path, renewed)),
        // A missed heartbeat does no harm: an unavailable file system or a lost lease is detected at the next part.
        Effect.ignore,
      ),
    ),
  )
  return { check }
}) satisfies (
  folder: string,
  name: string,
) => Effect.Effect<{ readonly check: Effect.Effect<void, InputError> }, InputError, Scope.Scope>
