import { Effect } from 'effect'
import { verdictRows } from '../sample/places.ts'
import { listRuns, type Studio } from '../studio.ts'
import { selectFrom } from '../table/ask.ts'

/** Reads what the page will ask for first: the verdicts of the run that it opens, and one of its samples. */
export const warm = Effect.fnUntraced(function* (studio: Studio) {
  const { home } = yield* listRuns(studio)
  const run = home === null ? undefined : studio.runs().get(home)
  if (run?.kind !== 'curation') return
  const snapshot = yield* studio.snapshots.of(run, 0)
  const { rows } = yield* selectFrom(snapshot, 'SELECT "key" FROM samples LIMIT 1')
  // The first sample of a process takes three times as long as the next ones.
  for (const [key] of rows) yield* verdictRows(studio, run, snapshot, String(key))
})
