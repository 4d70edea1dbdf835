import { existsSync, statSync } from 'node:fs'
import { copyFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Effect, Exit, Scope } from 'effect'
import { makeFolder } from '../../files/index.ts'
import { openMerged } from '../../pipelines/merge.ts'
import {
  type Database,
  type DatabaseError,
  describe,
  lock,
  openDatabase,
  relations,
} from '../../store/index.ts'

/** DuckDB's share of the memory; the server as a whole stays below 1 GB. */
const memory = '400MB'

/**
 * A copy of a run's verdicts of one moment, in a folder of the server: a database that is open keeps other processes
 * from writing to it, and the studio must never hold up a run. Nothing can be written to it, and no file be read.
 */
export interface Snapshot {
  /** The only folder whose files its database can reach. */
  readonly folder: string
  readonly database: Database
  /** Whether `samples` is a table; before, it is the slower view. */
  readonly joined: boolean
  readonly source: 'curation.duckdb' | 'part files'
  /** Unique to its content in this server. */
  readonly revision: string
  /** Numbers of rows that were counted in it, by query. */
  readonly totals: Map<string, number>
  /** Row numbers in `samples` of the keys that pages have shown: to find a key takes a look at all of them. */
  readonly numbers: Map<string, number>
}

const stamp = (path: string): string => {
  const stat = statSync(path, { throwIfNoEntry: false })
  return stat === undefined ? '' : `${stat.mtimeMs} ${stat.size}`
}

/** Copies a database that no process changed meanwhile; gives its size, 0 where there is none. */
const copyDatabase = Effect.fnUntraced(function* (from: string, to: string) {
  for (let attempt = 0; attempt < 3 && existsSync(from); attempt++) {
    const before = stamp(from)
    const copied = yield* Effect.promise(() =>
      copyFile(from, to).then(
        () => true,
        () => false,
      ),
    )
    if (copied && stamp(from) === before) return statSync(to).size
    yield* Effect.promise(() => rm(to, { force: true }))
  }
  return 0
})

const samples = relations.find(({ name }) => name === 'samples')!

/** Both agents' verdicts side by side as a table, in the order of the part files. */
const joinSamples = (database: Database): Effect.Effect<void, DatabaseError> =>
  database.run(`
    CREATE TABLE joined AS FROM samples
      ORDER BY coalesce(bra_part, dea_part), coalesce(bra_row, dea_row), key;
    DROP VIEW samples;
    ALTER TABLE joined RENAME TO samples;
    ${describe({ ...samples, kind: 'table' })}
    CHECKPOINT;`)

/** From this size on, a copy is served before its samples are joined, in bytes. */
const large = 200 * 2 ** 20

export interface SnapshotPlan {
  /** Absolute path of the run. */
  readonly run: string
  /** A new folder, which goes with the scope. */
  readonly folder: string
  readonly revision: string
  /** Serve a large database at once, its samples not joined. */
  readonly hurried: boolean
}

/** Copies a run's merged database, brings the copy up to date with the part files and opens it for reading. */
export const takeSnapshot = Effect.fn('Studio.takeSnapshot')(function* (plan: SnapshotPlan) {
  const { run, folder, revision } = plan
  yield* Effect.acquireRelease(makeFolder(folder), () =>
    Effect.promise(() => rm(folder, { recursive: true, force: true })),
  )
  const path = join(folder, 'curation.duckdb')
  const size = yield* copyDatabase(join(run, 'curation.duckdb'), path)
  const source = size > 0 ? ('curation.duckdb' as const) : ('part files' as const)
  const settings = { memory, overflow: join(folder, 'overflow') }
  const fill = Effect.scoped(
    Effect.gen(function* () {
      const { database } = yield* openMerged(run, { path, ...settings })
      if (!(plan.hurried && size > large)) yield* joinSamples(database)
    }),
  )
  yield* fill.pipe(
    Effect.catch((error) =>
      // A damaged copy is made again from the part files.
      size === 0
        ? Effect.fail(error)
        : Effect.andThen(
            Effect.promise(() => rm(path, { force: true })),
            fill,
          ),
    ),
  )
  const database = yield* openDatabase(path, { ...settings, readOnly: true })
  yield* lock(database, folder)
  return {
    database,
    source,
    revision,
    joined: !(plan.hurried && size > large),
    folder,
    totals: new Map(),
    numbers: new Map(),
  } satisfies Snapshot
})

/** Runs `build` in a scope of its own, which the caller closes. */
export const inOwnScope = <A, E>(build: Effect.Effect<A, E, Scope.Scope>) =>
  Effect.gen(function* () {
    const scope = yield* Scope.make()
    const exit = yield* Effect.exit(Scope.provide(build, scope))
    if (exit._tag === 'Failure') {
      yield* Scope.close(scope, Exit.void)
      return yield* Effect.failCause(exit.cause)
    }
    return { value: exit.value, close: Scope.close(scope, Exit.void) }
  })
