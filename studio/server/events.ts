import { Effect, Stream } from 'effect'
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

/** What differs between two looks at the runs. */
export const changesBetween = (before: States, after: States): ReadonlyArray<Change> => {
  const listed = before.size !== after.size || [...after.keys()].some((id) => !before.has(id))
  const changed = [...after].flatMap(([run, texts]) => {
    const old = before.get(run)
    return old === undefined
      ? []
      : [...texts].flatMap(([what, text]) => (old.get(what) === text ? [] : [{ run, what }]))
  })
  return listed ? [{ run: '', what: 'runs' }, ...changed] : changed
}

/** Changes of files, from now on. */
const fileChanges = (studio: Studio): Stream.Stream<Change> =>
  Stream.unwrap(
    Effect.sync(() => {
      let last = statesOf(studio)
      return Stream.tick(every).pipe(
        Stream.flatMap(() => {
          const now = statesOf(studio)
          const changes = changesBetween(last, now)
          last = now
          return Stream.fromIterable(changes)
        }),
      )
    }),
  )

/** Verdicts that took longer to read than the page waited for. */
const renewals = (studio: Studio): Stream.Stream<Change> =>
  Stream.map(Stream.fromPubSub(studio.snapshots.renewed), (run): Change => ({ run, what: 'verdicts' }))

/** `GET /api/events`: server-sent events until the browser leaves. */
export const events = (studio: Studio): Effect.Effect<HttpServerResponse.HttpServerResponse> =>
  Effect.sync(() => {
    const changes = Stream.merge(fileChanges(studio), renewals(studio)).pipe(
      Stream.map((change) => `event: change\ndata: ${JSON.stringify(change)}\n\n`),
    )
    const beats = Stream.map(Stream.tick(beat), () => ': here\n\n')
    return HttpServerResponse.stream(Stream.encodeText(Stream.merge(changes, beats)), {
      contentType: 'text/event-stream',
      headers: { 'cache-control': 'no-store', 'x-accel-buffering': 'no' },
    })
  })
