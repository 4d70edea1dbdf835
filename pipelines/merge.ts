import { join, relative, resolve } from 'node:path'
import { Effect, type Scope } from 'effect'
import { agents } from '../agents/index.ts'
import type { InputError } from '../core/index.ts'
import { listParts } from '../folds/index.ts'
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
  /** Part files of each agent, by command. */
  readonly parts: { readonly [Command in keyof typeof agents]: ReadonlyArray<string> }
  /** Verdicts in the part files that another of the same sample superseded. */
  readonly superseded: number
  /** Makes the view `evidence`, which reads the part files. */
  readonly makeEvidence: Effect.Effect<void, InputError | StoreError>
}

/** The finished part files of every agent of a run, relative to `run`. */
export const partsOf = (run: string): Effect.Effect<ReadonlyArray<AgentParts>, InputError> =>
  Effect.forEach(Object.values(agents), (agent) =>
    Effect.map(listParts(join(run, agent.name)), (parts) => ({
      agent,
      parts: parts.map((part) => relative(run, part)),
    })),
  )

/**
 * Opens `RUN/curation.duckdb` and fills it from the part files of every agent: one verdict per sample and agent. Unfinished
 * folds count with the parts they have. The database stays open, and other processes out, until the scope closes.
 */
export const openMerged = Effect.fn('Pipelines.openMerged')(function* (folder: string) {
  const run = resolve(folder)
  const path = join(run, 'curation.duckdb')
  const all = yield* partsOf(run)
  const facts = yield* partFacts(run, all)
  // A process that merges holds half as much again beside what DuckDB counts: 1.4 GB altogether.
  const database = yield* openDatabase(path, { memory: '900MB' })
  yield* migrate(database, path)
  const superseded = yield* materialise(database, run, all, facts)
  const makeEvidence = Effect.flatMap(evidenceQuery(database, run, all), (query) =>
    database.run(`CREATE TEMP VIEW evidence AS ${query}`),
  )
  const of = (name: string) =>
    all.flatMap(({ agent, parts }) => (agent.name === name ? parts.map((part) => join(run, part)) : []))
  const parts = { bra: of(agents.bra.name), dea: of(agents.dea.name) }
  return { database, parts, superseded, makeEvidence }
}) satisfies (run: string) => Effect.Effect<Merged, InputError | StoreError, Scope.Scope>

/** Fills `RUN/curation.duckdb` and closes it. */
export const runMerge = (run: string): Effect.Effect<void, InputError | StoreError> =>
  Effect.scoped(Effect.asVoid(openMerged(run)))
