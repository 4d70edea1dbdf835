import { join, relative, resolve } from 'node:path'
import { Effect, type Scope } from 'effect'
import { agents } from '../agents/index.ts'
import type { InputError } from '../core/index.ts'
import { currentParts } from '../folds/index.ts'
import {
  type AgentParts,
  type Database,
  evidenceQuery,
  materialise,
  migrate,
  openDatabase,
  partFacts,
  type StoreError,
} from '../store/index.ts'

export interface Merged {
  readonly database: Database
  /** Verdicts in the part files that do not count: superseded, or no longer planned. */
  readonly superseded: number
  /** Makes the view `evidence`, which reads the part files. */
  readonly makeEvidence: Effect.Effect<void, InputError | StoreError>
}

/** The finished part files of every agent of a run, relative to `run`, and which of their rows are planned now. */
export const partsOf = (run: string): Effect.Effect<ReadonlyArray<AgentParts>, InputError> =>
  Effect.forEach(Object.values(agents), (agent) =>
    Effect.map(currentParts(join(run, agent.name)), (groups): AgentParts => {
      const within = (paths: ReadonlyArray<string>) => paths.map((path) => relative(run, path))
      return {
        agent,
        parts: groups.flatMap(({ parts, only }) => (only === null ? within(parts) : [])),
        chosen: groups.flatMap(({ parts, only }) =>
          only === null
            ? []
            : [{ parts: within(parts), planned: relative(run, only.planned), plan: only.plan }],
        ),
      }
    }),
  )

const firstParts = ({ agent, parts, chosen = [] }: AgentParts, count: number): AgentParts => ({
  agent,
  parts: parts.slice(0, count),
  chosen: chosen.map((one) => ({ ...one, parts: one.parts.slice(0, count) })),
})

export interface MergeOptions {
  /** The database; `RUN/curation.duckdb` by default. */
  readonly path?: string
  /** DuckDB's limit of memory; a merging process uses half as much again in addition to it. */
  readonly memory?: string
  /** Folder for data that does not fit into memory; by default next to the database. */
  readonly overflow?: string
  /** Only so many part files of each agent, the first ones. */
  readonly first?: number
}

/**
 * Opens `RUN/curation.duckdb` and fills it from the part files of every agent: one verdict per agent and sample of the
 * current plans. Unfinished folds count with their finished parts. The database stays open, and other processes out,
 * until the scope closes.
 */
export const openMerged = Effect.fn('Pipelines.openMerged')(function* (
  folder: string,
  { memory = '900MB', overflow, first, ...options }: MergeOptions = {},
) {
  const run = resolve(folder)
  const path = options.path ?? join(run, 'curation.duckdb')
  const found = yield* partsOf(run)
  const all = first === undefined ? found : found.map((one) => firstParts(one, first))
  const facts = yield* partFacts(run, all)
  const database = yield* openDatabase(path, { memory, ...(overflow === undefined ? {} : { overflow }) })
  yield* migrate(database, path)
  const superseded = yield* materialise(database, run, all, facts)
  const makeEvidence = Effect.flatMap(evidenceQuery(database, run, all), (query) =>
    database.run(`CREATE TEMP VIEW evidence AS ${query}`),
  )
  return { database, superseded, makeEvidence }
}) satisfies (
  run: string,
  options?: MergeOptions,
) => Effect.Effect<Merged, InputError | StoreError, Scope.Scope>

/** Fills `RUN/curation.duckdb` and closes it. */
export const runMerge = (run: string): Effect.Effect<void, InputError | StoreError> =>
  Effect.scoped(Effect.asVoid(openMerged(run)))
