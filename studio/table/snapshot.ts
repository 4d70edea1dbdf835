import { existsSync, statSync } from 'node:fs'
import { constants, copyFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Effect, Exit, Scope } from 'effect'
import { makeFolder } from '../../files/index.ts'
import { openMerged, partsOf } from '../../pipelines/merge.ts'
import { type Database, lock, openDatabase } from '../../store/index.ts'
import { joinAndNumber } from './numbers.ts'

/**
 * DuckDB's limits while a snapshot is taken and while it is asked; it uses half as much again, and both may happen at
 * the same time. The server as a whole stays below 1 GB.
 */
const memory = { taking: '200MB', asked: '200MB', beginning: '64MB' } as const

/**
 * A copy of a run's verdicts of one moment, in a folder of the server: a database that is open keeps other processes
 * from writing to it, and the studio must never hold up a run. Nothing can be written to it, and no file be read.
 */
export interface Snapshot {
  /** The only folder whose files its database can reach. */
  readonly folder: string
  readonly database: Database
  /** Samples from the start of the run that it holds; infinite where it holds all. */
  readonly reach: number
  /** About how many samples the run has, where not all of them are here. */
  readonly estimate: number
  readonly source: 'curation.duckdb' | 'part files'
  /** Unique to its content in this server. */
  readonly revision: string
  /** Numbers of rows that were counted in it, by query. */
  readonly totals: Map<string, number>
  /** Numbers in `samples` of the keys that pages have shown: to find a key takes a look at all of them. */
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
      // Shares the blocks of the file where the file system can.
      copyFile(from, to, constants.COPYFILE_FICLONE).then(
        () => true,
        () => false,
      ),
    )
    if (copied && stamp(from) === before) return statSync(to).size
    yield* Effect.promise(() => rm(to, { force: true }))
  }
  return 0
})

/** A run with more part files is shown in stages. */
const large = 300
/** Part files of each agent in the first stage. */
const beginning = 4

/** The number of part files of a run, and of the agent with most of them. */
export const sizeOf = Effect.fnUntraced(function* (run: string) {
  const counts = (yield* partsOf(run)).map(
    ({ parts, chosen = [] }) => parts.length + chosen.reduce((sum, one) => sum + one.parts.length, 0),
  )
  const files = counts.reduce((sum, count) => sum + count, 0)
  return { files, most: Math.max(0, ...counts), isLarge: files > large }
})

/** The first part files, in a fraction of a second whatever the size of the run; then all of them. */
export type Stage = 'beginning' | 'whole'

export interface SnapshotPlan {
  /** Absolute path of the run. */
  readonly run: string
  /** A new folder, which goes with the scope. */
  readonly folder: string
  readonly revision: string
  readonly stage: Stage
}

/** The first part files in a database in memory, which is there in half the time of one in a file. */
const takeBeginning = Effect.fnUntraced(function* (run: string, overflow: string) {
  const { most } = yield* sizeOf(run)
  const { database } = yield* openMerged(run, {
    ...{ path: ':memory:', overflow, memory: memory.beginning, first: beginning },
  })
  yield* joinAndNumber(database, true)
  return { database, most }
})

/** A copy of the run's merged database, up to date with the part files, and whether there was one. */
const takeWhole = Effect.fnUntraced(function* (run: string, folder: string, overflow: string) {
  const path = join(folder, 'curation.duckdb')
  const size = yield* copyDatabase(join(run, 'curation.duckdb'), path)
  const { isLarge } = yield* sizeOf(run)
  const fill = Effect.scoped(
    Effect.gen(function* () {
      const { database } = yield* openMerged(run, { path, overflow, memory: memory.taking })
      yield* joinAndNumber(database, !isLarge)
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
  return {
    database: yield* openDatabase(path, { overflow, readOnly: true, memory: memory.asked }),
    merged: size > 0,
  }
})

/** Reads the verdicts of a run, all of them or those of its beginning, and opens them for questions. */
export const takeSnapshot = Effect.fn('Studio.takeSnapshot')(function* (plan: SnapshotPlan) {
  const { run, folder, revision, stage } = plan
  yield* Effect.acquireRelease(makeFolder(folder), () =>
    Effect.promise(() => rm(folder, { recursive: true, force: true })),
  )
  const overflow = join(folder, 'overflow')
  const { database, most, merged } =
    stage === 'beginning'
      ? { ...(yield* takeBeginning(run, overflow)), merged: false }
      : { ...(yield* takeWhole(run, folder, overflow)), most: 0 }
  yield* lock(database, folder)
  const [held] = yield* database.rows('SELECT count(*)::INTEGER AS rows FROM samples')
  const rows = Number(held?.rows)
  const isPart = most > beginning
  return {
    ...{ database, revision, folder },
    source: merged ? 'curation.duckdb' : 'part files',
    reach: isPart ? rows : Number.POSITIVE_INFINITY,
    estimate: isPart ? Math.round((rows * most) / beginning) : rows,
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
