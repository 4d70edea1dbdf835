import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Effect, PubSub } from 'effect'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { findRuns } from '../../studio/discovery/find.ts'
import { selectFrom } from '../../studio/table/ask.ts'
import { makeSnapshots, type Snapshots } from '../../studio/table/snapshots.ts'
import { smallRun } from './small-run.ts'

let root: string
beforeAll(async () => {
  root = await smallRun()
}, 60_000)
afterAll(() => rmSync(root, { recursive: true }))

const within = <A, E>(use: (snapshots: Snapshots) => Effect.Effect<A, E>) =>
  Effect.runPromise(Effect.scoped(Effect.flatMap(makeSnapshots(mkdtempSync(join(root, 'snapshots-'))), use)))
const runNamed = (name: string) => findRuns([join(root, 'runs')]).get(name)!

it('verdicts that come while no snapshot is due are read once one is, and the page is told', async () => {
  const run = runNamed('small')
  const found = await within(
    Effect.fnUntraced(function* (snapshots) {
      const renewed = yield* PubSub.subscribe(snapshots.renewed)
      const counted = (snapshot: Effect.Success<ReturnType<Snapshots['of']>>) =>
        Effect.map(
          selectFrom(snapshot, 'SELECT count(*) FROM difficulty_estimation'),
          ({ rows }) => rows[0]![0],
        )
      const first = yield* snapshots.of(run)
      const before = yield* counted(first)
      // The last change of the run, right after it was read.
      rmSync(join(run.path, 'difficulty-estimation', 'fold-00000000-00000005'), { recursive: true })
      yield* snapshots.of(run)
      const told = yield* PubSub.take(renewed)
      const next = yield* snapshots.of(run)
      return [before, told, yield* counted(next), next.revision === first.revision]
    }, Effect.scoped),
  )
  expect(found).toEqual([5, 'small', 0, false])
})

it('a snapshot that cannot be taken is an answer to all who wait, and the next one is tried again', async () => {
  const broken = join(root, 'runs', 'broken')
  cpSync(join(root, 'runs', 'small'), broken, { recursive: true })
  const run = runNamed('broken')
  const part = join(broken, 'boundary-reflection', 'fold-00000000-00000005', 'part-00000.parquet')
  writeFileSync(part, 'PAR1 but no more')
  const outcome = await within(
    Effect.fnUntraced(function* (snapshots) {
      const asks = [Effect.exit(snapshots.of(run)), Effect.exit(snapshots.of(run))]
      const refused = yield* Effect.all(asks, { concurrency: 'unbounded' })
      rmSync(part)
      return [...refused, yield* Effect.exit(snapshots.of(run))].map(({ _tag }) => _tag)
    }),
  )
  expect(outcome).toEqual(['Failure', 'Failure', 'Success'])
})
