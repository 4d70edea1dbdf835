import { Effect } from 'effect'
import { sampleDetail } from '../sample/detail.ts'
import { listRuns, type Studio } from '../studio.ts'
import { selectFrom } from '../table/ask.ts'

/** Reads what the page will ask for first: the verdicts of the run that it opens, and one of its samples. */
export const warm = Effect.fnUntraced(function* (studio: Studio) {
  const { home } = yield* listRuns(studio)
  const run = home === null ? undefined : studio.runs().get(home)
  if (run?.kind !== 'curation') return
  const snapshot = yield* studio.snapshots.of(run, 0)
  const { rows } = yield* selectFrom(snapshot, 'SELECT "key", number FROM samples LIMIT 1')
  // The first sample of a process takes three times as long as the next ones.
  for (const [key, number] of rows) {
    snapshot.numbers.set(String(key), Number(number))
    yield* sampleDetail(studio, {
      ...{ params: { run: run.id, key: String(key) }, query: new URLSearchParams(), headers: {} },
      body: Effect.succeed(null),
    })
  }
})
