import { hostname } from 'node:os'
import { join } from 'node:path'
import { Clock, Effect, Exit, type Scope } from 'effect'
import { z } from 'zod'
import type { InputError } from '../core/index.ts'
import { readText, removeFile, writeJson } from '../files/index.ts'
import type { JournalEntry } from './journal.ts'
import type { Outcome } from './manifest.ts'

const count = z.int().min(0)

/** One server used by a fold, as last seen by its process. */
const endpointSchema = z.object({
  /** Base URL without credentials. */
  url: z.string(),
  /** Whether requests are sent to it at present. */
  up: z.boolean(),
  /** Requests in flight, and their current limit. */
  inFlight: count,
  limit: count,
  /** Attempts so far in this start, and those of them that failed. */
  requests: count,
  failures: count,
  /** Mean seconds of its latest answers; null before the first. */
  latency: z.number().nullable(),
  /** The latest failure in one line; null if there was none. */
  error: z.string().nullable(),
})
export type Endpoint = z.output<typeof endpointSchema>

/** The state of an unfinished fold, written to its folder by the process that runs it. */
const statusSchema = z.object({
  version: z.literal(1),
  pid: z.int(),
  host: z.string(),
  /** When this start began and when this was written, in milliseconds since 1970 by the writer's clock. */
  started: z.number(),
  updated: z.number(),
  /** Samples to be done, duplicates not counted; how many were done when this start began, and now. */
  planned: count,
  from: count,
  done: count,
  /** Of the finished parts: a sample is judged when its part is written. */
  kept: count,
  dropped: count,
  failed: count,
  absent: count,
  /** Failed and absent samples by kind: the text before the colon of their reason. */
  failures: z.record(z.string(), count),
  endpoints: z.array(endpointSchema),
})
export type Status = z.output<typeof statusSchema>

export const statusPath = (folder: string): string => join(folder, 'status.json')

/** `model timeout` of `model timeout: no answer in 60 s`: few kinds, however many messages. */
export const kindOf = (reason: string | null): string => (reason ?? 'unknown').split(':')[0]!.trim()

/** The status file of a fold; null if there is none or it is invalid: it is a report, not a record. */
export const readStatus = (folder: string): Effect.Effect<Status | null, InputError> =>
  readText(statusPath(folder)).pipe(
    Effect.map((text) => {
      try {
        const parsed = statusSchema.safeParse(JSON.parse(text ?? 'null'))
        return parsed.success ? parsed.data : null
      } catch {
        return null
      }
    }),
  )

/** Whether a sample is finished, by its record or its row in a part. */
export interface Done {
  readonly state: JournalEntry['state'] | Outcome
  readonly reason: string | null
}

/** Counters of a fold, cheap enough for every sample. */
export interface StatusWriter {
  /** A sample has its record. */
  readonly recorded: (sample: Done) => void
  /** A part with these outcomes was written. */
  readonly judged: (outcomes: Iterable<Outcome>) => void
}

export interface StatusOptions {
  /** Samples to be done, duplicates not counted. */
  readonly planned: number
  /** Work of earlier starts: rows of finished parts, and records not yet in a part. */
  readonly before: Iterable<Done>
  /** The servers asked, where the backend has any. */
  readonly endpoints?: Effect.Effect<ReadonlyArray<Endpoint>>
}

/**
 * Writes `status.json` of a fold at once, then at most once a second while something changes. It is removed if the
 * scope closes successfully, because the manifest then has the same data, and otherwise keeps the last state. A status
 * file that cannot be written (a full disk) does not stop the fold.
 */
export const keepStatus = Effect.fn('Folds.keepStatus')(function* (
  folder: string,
  { planned, before, endpoints = Effect.succeed([]) }: StatusOptions,
) {
  const started = yield* Clock.currentTimeMillis
  const tally = { done: 0, kept: 0, dropped: 0, failed: 0, absent: 0 }
  const failures: { [kind: string]: number } = {}
  const recorded: StatusWriter['recorded'] = ({ state, reason }) => {
    tally.done++
    if (state !== 'failed' && state !== 'absent') return
    tally[state]++
    const kind = kindOf(reason)
    failures[kind] = (failures[kind] ?? 0) + 1
  }
  const judged: StatusWriter['judged'] = (outcomes) => {
    for (const outcome of outcomes) if (outcome === 'kept' || outcome === 'dropped') tally[outcome]++
  }
  for (const sample of before) {
    recorded(sample)
    if (sample.state === 'kept' || sample.state === 'dropped') judged([sample.state])
  }
  const from = tally.done

  let written = ''
  const write = Effect.gen(function* () {
    const content = { planned, from, ...tally, failures, endpoints: yield* endpoints }
    const text = JSON.stringify(content)
    if (text === written) return
    written = text
    const updated = yield* Clock.currentTimeMillis
    const status: Status = {
      ...{ version: 1, pid: process.pid, host: hostname(), started, updated },
      ...{ ...content, endpoints: [...content.endpoints] },
    }
    yield* writeJson(statusPath(folder), status)
  }).pipe(Effect.ignore)
  yield* Effect.addFinalizer((exit) =>
    Exit.isSuccess(exit) ? Effect.ignore(removeFile(statusPath(folder))) : write,
  )
  yield* write
  yield* Effect.forkScoped(Effect.forever(Effect.andThen(Effect.sleep('1 second'), write)))
  return { recorded, judged }
}) satisfies (folder: string, options: StatusOptions) => Effect.Effect<StatusWriter, never, Scope.Scope>
