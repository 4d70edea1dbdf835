import { Effect, type Semaphore } from 'effect'
import type { FoldReport } from '../folds/index.ts'
import { type Database, openDatabase } from '../store/index.ts'
import { Videos } from '../video/index.ts'
import type { Run, Runs } from './api/index.ts'
import { heldFolders, stateOf } from './discovery/changes.ts'
import { type FoundRun, findRuns } from './discovery/find.ts'
import { absent, type Refusal } from './server/refusal.ts'
import { temporaryFolder } from './server/temporary.ts'
import { makeSnapshots, type Snapshots } from './table/snapshots.ts'

/** What the server serves. */
export interface StudioSources {
  /** The opened folder, absolute. */
  readonly folder: string
  /** Further folders whose runs are listed, absolute. */
  readonly also: ReadonlyArray<string>
  /** Folder of the videos of each dataset in the configuration; a run's own record comes after it. */
  readonly videos: { readonly [dataset: string]: string }
  /** Suggested name of the reviewer. */
  readonly reviewer: string
  readonly version: string
}

/** One server's view of its runs. It keeps nothing that cannot be read again. */
export interface Studio extends StudioSources {
  readonly reader: Videos['Service']
  /** Every run at present, by id. */
  readonly runs: () => ReadonlyMap<string, FoundRun>
  readonly snapshots: Snapshots
  /** A database in memory for reading part files, which no text of a request reaches. */
  readonly parts: Database
  /** States of finished folds, which do not change. */
  readonly foldReports: Map<string, FoldReport>
  /** Files of videos that were asked for, by run and key, with every link followed. */
  readonly videoFiles: Map<string, { readonly path: string; readonly type: string | null }>
  /** One permit for the decisions of each run, which are made in the order in which they arrive. */
  readonly turns: Map<string, Semaphore.Semaphore>
}

/** How long a list of runs counts as the present one, in milliseconds. */
const fresh = 500

export const makeStudio = Effect.fnUntraced(function* (sources: StudioSources) {
  const reader = yield* Videos
  const snapshots = yield* makeSnapshots(yield* temporaryFolder)
  let known: { readonly at: number; readonly runs: ReadonlyMap<string, FoundRun> } | null = null
  const runs = () => {
    const now = performance.now()
    if (known === null || now - known.at > fresh)
      known = { at: now, runs: findRuns([...sources.also, sources.folder]) }
    return known.runs
  }
  const parts = yield* openDatabase(':memory:', { threads: 2, memory: '128MB' })
  const kept = { foldReports: new Map(), videoFiles: new Map(), turns: new Map() }
  return { ...sources, ...kept, reader, runs, snapshots, parts } satisfies Studio
})

/** The run with an id, or a refusal. */
export const runOf = (studio: Studio, id: string): Effect.Effect<FoundRun, Refusal> => {
  const run = studio.runs().get(id)
  return run === undefined ? Effect.fail(absent('such run')) : Effect.succeed(run)
}

/** A run as the list shows it. */
export const describeRun = Effect.fnUntraced(function* (run: FoundRun) {
  const { id, kind, name } = run
  const live = (yield* heldFolders(run)).length > 0
  return { id, kind, name, modified: stateOf(run).modified, live } satisfies Run
})

const order = ['curation', 'training', 'evaluation'] as const

/** `GET /api/runs`. */
export const listRuns = Effect.fnUntraced(function* (studio: Studio) {
  const found = [...studio.runs().values()]
  const runs = (yield* Effect.forEach(found, describeRun)).toSorted((a, b) => b.modified - a.modified)
  const inside = new Set(
    findRuns([studio.folder])
      .values()
      .map(({ path }) => path),
  )
  const opened = runs.filter(({ id }) => inside.has(studio.runs().get(id)?.path ?? ''))
  const home = order.flatMap((kind) => opened.filter((run) => run.kind === kind))[0]?.id ?? null
  const { version, folder, reviewer } = studio
  return { version, folder, home, reviewer, runs } satisfies Runs
})
