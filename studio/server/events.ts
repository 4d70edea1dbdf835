import { Effect, PubSub, Stream } from 'effect'
import { HttpServerResponse } from 'effect/http'
import type { Change } from '../api/index.ts'
import { stateOf } from '../discovery/changes.ts'
import type { Studio } from '../studio.ts'

/** How often files are looked at; watching them does not work on network file systems. */
const every = '1 second'
/** Proxies close what is silent. */
const beat = '15 seconds'

type States = ReadonlyMap<string, ReadonlyMap<Change['what'], string>>

const statesOf = (studio: Studio): States =>
  new Map([...studio.runs().values()].map((run) => [run.id, stateOf(run).texts]))

/** What differs between two looks at the runs. All of a run that has come or gone has changed: a page may show it already. */
export const changesBetween = (before: States, after: States): ReadonlyArray<Change> => {
  const listed = before.size !== after.size || [...after.keys()].some((id) => !before.has(id))
  const changed = [...new Set([...before.keys(), ...after.keys()])].flatMap((run) => {
    const [old, present] = [before.get(run), after.get(run)]
    const kinds = new Set([...(old?.keys() ?? []), ...(present?.keys() ?? [])])
    return [...kinds].flatMap((what) => (old?.get(what) === present?.get(what) ? [] : [{ run, what }]))
  })
  return listed ? [{ run: '', what: 'runs' }, ...changed] : changed
}

/** Changes of files since `first`. */
const fileChanges = (studio: Studio, first: States): Stream.Stream<Change> =>
  Stream.suspend(() => {
    let last = first
    return Stream.tick(every).pipe(
      Stream.flatMap(() => {
        const now = statesOf(studio)
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
  const changes = Stream.merge(fileChanges(studio, statesOf(studio)), renewals).pipe(
    Stream.map((change) => `event: change\ndata: ${JSON.stringify(change)}\n\n`),
  )
  const beats = Stream.map(Stream.tick(beat), () => ': here\n\n')
  return Stream.concat(Stream.make('event: ready\ndata: {}\n\n'), Stream.merge(changes, beats))
})

/** `GET /api/events`: server-sent events until the browser leaves. */
export const events = (studio: Studio): Effect.Effect<HttpServerResponse.HttpServerResponse> =>
  Effect.sync(() => {
    return HttpServerResponse.stream(Stream.encodeText(Stream.unwrap(told(studio))), {
      contentType: 'text/event-stream',
      headers: { 'cache-control': 'no-store', 'x-accel-buffering': 'no' },
    })
  })
