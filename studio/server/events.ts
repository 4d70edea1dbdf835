import { Effect, PubSub, Stream } from 'effect'
import { HttpServerResponse } from 'effect/http'
import type { Change } from '../api/index.ts'
import { heldFolders, stateOf } from '../discovery/changes.ts'
import type { Studio } from '../studio.ts'

/** How often files are looked at; watching them does not work on network file systems. */
const every = '1 second'
/** Proxies close what is silent. */
const beat = '15 seconds'

/** What a run looks like at one moment. */
interface Look {
  readonly texts: ReadonlyMap<Change['what'], string>
  /** Folders to which processes write. */
  readonly held: string
}
type Looks = ReadonlyMap<string, Look>

const look = Effect.fnUntraced(function* (studio: Studio) {
  const looks = new Map<string, Look>()
  for (const run of studio.runs().values())
    looks.set(run.id, { texts: stateOf(run).texts, held: (yield* heldFolders(run)).join('|') })
  return looks
})

/**
 * What differs between two looks at the runs. All of a run that has come or gone has changed: a page may show it already.
 * A process that was killed changes no file, but its folds and its run are no longer live.
 */
const changesBetween = (before: Looks, after: Looks): ReadonlyArray<Change> => {
  const ids = [...new Set([...before.keys(), ...after.keys()])]
  const listed = ids.some((run) => before.get(run)?.held !== after.get(run)?.held)
  const changed = ids.flatMap((run) => {
    const [old, present] = [before.get(run), after.get(run)]
    const kinds = new Set([...(old?.texts.keys() ?? []), ...(present?.texts.keys() ?? [])])
    return [...kinds].flatMap((what) => {
      const isSame = old?.texts.get(what) === present?.texts.get(what)
      return isSame && (what !== 'folds' || old?.held === present?.held) ? [] : [{ run, what }]
    })
  })
  return listed ? [{ run: '', what: 'runs' }, ...changed] : changed
}

/** Changes of files and processes since `first`. */
const fileChanges = (studio: Studio, first: Looks): Stream.Stream<Change> =>
  Stream.suspend(() => {
    let last = first
    return Stream.tick(every).pipe(
      Stream.mapEffect(() => look(studio)),
      Stream.flatMap((now) => {
        const changes = changesBetween(last, now)
        last = now
        return Stream.fromIterable(changes)
      }),
    )
  })

/** `ready`, from which on nothing is missed, and then every change. */
const told = Effect.fnUntraced(function* (studio: Studio) {
  // Verdicts that took longer to read than the page waited for.
  const renewed = yield* PubSub.subscribe(studio.snapshots.renewed)
  const renewals = Stream.map(Stream.fromSubscription(renewed), (run): Change => ({ run, what: 'verdicts' }))
  const changes = Stream.merge(fileChanges(studio, yield* look(studio)), renewals).pipe(
    Stream.map((change) => `event: change\ndata: ${JSON.stringify(change)}\n\n`),
  )
  const beats = Stream.map(Stream.tick(beat), () => ': here\n\n')
  return Stream.concat(Stream.make('event: ready\ndata: {}\n\n'), Stream.merge(changes, beats))
})

/** `GET /api/events`: server-sent events until the browser leaves. */
export const events = (studio: Studio): Effect.Effect<HttpServerResponse.HttpServerResponse> =>
  Effect.sync(() =>
    HttpServerResponse.stream(Stream.encodeText(Stream.unwrap(told(studio))), {
      contentType: 'text/event-stream',
      headers: { 'cache-control': 'no-store', 'x-accel-buffering': 'no' },
    }),
  )
