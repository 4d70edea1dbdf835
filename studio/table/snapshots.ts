import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { Deferred, Effect, PubSub, type Scope } from 'effect'
import type { InputError } from '../../core/index.ts'
import type { StoreError } from '../../store/index.ts'
import { stateOf } from '../discovery/changes.ts'
import type { FoundRun } from '../discovery/find.ts'
import { inOwnScope, type Snapshot, type Stage, sizeOf, takeSnapshot } from './snapshot.ts'

type SnapshotError = InputError | StoreError

interface Held {
  readonly snapshot: Snapshot
  /** State of the run that it shows. */
  readonly state: string
  /** Milliseconds that it took. */
  readonly took: number
  readonly close: Effect.Effect<void>
}

interface Entry {
  held: Held | null
  /** The snapshot that is being taken. */
  taking: Deferred.Deferred<Held, SnapshotError> | null
  /** Whether the run is looked at again once a snapshot is due. */
  waiting: boolean
  last: number
}

export interface Snapshots {
  /**
   * The present verdicts of a run. Where the run has changed and a snapshot takes long, the last one is given, and
   * `renewed` tells when the next is ready.
   *
   * @param reach how many samples from the start of the run are enough; all of them by default
   */
  readonly of: (run: FoundRun, reach?: number) => Effect.Effect<Snapshot, SnapshotError>
  /** Ids of runs whose snapshot was replaced. */
  readonly renewed: PubSub.PubSub<string>
}

/** A snapshot that takes less is waited for, in milliseconds. */
const quick = 2000
/** A replaced snapshot stays open for the questions that still use it, in milliseconds. */
const grace = 20_000

const ofVerdicts = new Set(['verdicts', 'curations'] as const)

const verdictState = (run: FoundRun): string => {
  const { texts } = stateOf(run, ofVerdicts)
  return `${texts.get('verdicts')}#${texts.get('curations')}`
}

/** Snapshots of runs below `folder`, until the scope closes. */
export const makeSnapshots = Effect.fn('Studio.makeSnapshots')(function* (folder: string) {
  const scope = yield* Effect.scope
  const renewed = yield* PubSub.unbounded<string>()
  const entries = new Map<string, Entry>()
  yield* Effect.addFinalizer(() =>
    Effect.forEach(entries.values(), ({ held }) => held?.close ?? Effect.void, { discard: true }),
  )

  const take = Effect.fnUntraced(function* (run: FoundRun, stage: Stage) {
    const started = performance.now()
    const state = verdictState(run)
    const { value, close } = yield* inOwnScope(
      takeSnapshot({
        ...{ run: run.path, stage },
        folder: join(folder, randomUUID()),
        revision: randomUUID().slice(0, 8),
      }),
    )
    return { snapshot: value, state, took: performance.now() - started, close } satisfies Held
  })

  /** Replaces the snapshot of a run; the old one closes a little later. */
  const hold = Effect.fnUntraced(function* (run: FoundRun, entry: Entry, next: Held) {
    const before = entry.held
    entry.held = next
    if (before === null) return
    yield* Effect.forkIn(Effect.andThen(Effect.sleep(grace), before.close), scope)
    yield* PubSub.publish(renewed, run.id)
  })

  /**
   * Takes the snapshots of some stages, one after the other; the first is what is waited for. Whoever asks meanwhile
   * must find it being taken: two of a large run at the same time need twice the memory.
   */
  const renew = (
    run: FoundRun,
    entry: Entry,
    stages: Effect.Effect<ReadonlyArray<Stage>, SnapshotError>,
  ): Effect.Effect<Deferred.Deferred<Held, SnapshotError>> =>
    Effect.suspend(() => {
      if (entry.taking !== null) return Effect.succeed(entry.taking)
      const result = Deferred.makeUnsafe<Held, SnapshotError>()
      entry.taking = result
      entry.last = performance.now()
      const work = Effect.gen(function* () {
        const [first, ...others] = yield* stages
        const next = yield* take(run, first ?? 'whole')
        entry.taking = null
        yield* hold(run, entry, next)
        if (others.length > 0) yield* renew(run, entry, Effect.succeed(others))
        yield* Deferred.succeed(result, next)
      }).pipe(
        // Whatever went wrong: whoever waits must hear of it.
        Effect.catchCause((cause) =>
          Effect.suspend(() => {
            entry.taking = null
            return Deferred.failCause(result, cause)
          }),
        ),
      )
      return Effect.as(Effect.forkIn(work, scope), result)
    })

  const stagesOf = (run: FoundRun): Effect.Effect<ReadonlyArray<Stage>, SnapshotError> =>
    Effect.map(sizeOf(run.path), ({ isLarge }) => (isLarge ? ['beginning', 'whole'] : ['whole']))
  const whole: Effect.Effect<ReadonlyArray<Stage>> = Effect.succeed(['whole'])

  /**
   * Takes the next snapshot once it is due, for a run that may never change again: else the page, which was told of the
   * change, would show the old verdicts for good.
   */
  const renewLater = (run: FoundRun, entry: Entry, held: Held): Effect.Effect<void> =>
    Effect.suspend(() => {
      if (entry.waiting || entry.taking !== null) return Effect.void
      entry.waiting = true
      const left = Math.max(0, entry.last + 2 * held.took - performance.now())
      const look = Effect.gen(function* () {
        yield* Effect.sleep(left)
        entry.waiting = false
        if (entry.held !== null && entry.held.state !== verdictState(run)) yield* renew(run, entry, whole)
      })
      return Effect.asVoid(Effect.forkIn(look, scope))
    })

  const of: Snapshots['of'] = (run, reach = Number.POSITIVE_INFINITY) =>
    Effect.gen(function* () {
      const entry = entries.get(run.id) ?? { held: null, taking: null, waiting: false, last: 0 }
      entries.set(run.id, entry)
      if (entry.held === null) yield* Deferred.await(yield* renew(run, entry, stagesOf(run)))
      // A later stage is being taken where this one does not reach far enough.
      while (entry.held !== null && entry.held.snapshot.reach < reach)
        yield* Deferred.await(yield* renew(run, entry, whole))
      const held = entry.held!
      if (held.snapshot.reach < Number.POSITIVE_INFINITY || held.state === verdictState(run))
        return held.snapshot
      // A run that writes all the time is read at most half of the time.
      const due = performance.now() - entry.last > 2 * held.took
      if (!due) yield* renewLater(run, entry, held)
      const taking = due ? yield* renew(run, entry, whole) : entry.taking
      return taking === null || held.took > quick ? held.snapshot : (yield* Deferred.await(taking)).snapshot
    })
  return { of, renewed } satisfies Snapshots
}) satisfies (folder: string) => Effect.Effect<Snapshots, never, Scope.Scope>
