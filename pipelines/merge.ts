import { join } from 'node:path'
import { Effect, type Scope } from 'effect'
import { agents } from '../agents/index.ts'
import type { InputError } from '../core/index.ts'
import { listParts } from '../folds/index.ts'
import { type Database, materialise, migrate, openDatabase, type StoreError } from '../store/index.ts'

export interface Merged {
  readonly database: Database
  /** Part files of each agent, by command. */
  readonly parts: { readonly [Command in keyof typeof agents]: ReadonlyArray<string> }
  /** Verdicts in the part files that another of the same sample superseded. */
  readonly superseded: number
}

/**
 * Opens `RUN/curation.duckdb` and fills it from the part files of every agent: one verdict per sample and agent. Unfinished
 * folds count with the parts they have. The database stays open, and other processes out, until the scope closes.
 */
export const openMerged = Effect.fn('Pipelines.openMerged')(function* (run: string) {
  const path = join(run, 'curation.duckdb')
  const parts = {
    bra: yield* listParts(join(run, agents.bra.name)),
    dea: yield* listParts(join(run, agents.dea.name)),
  }
  const database = yield* openDatabase(path)
  yield* migrate(database, path)
  const bra = yield* materialise(database, agents.bra, parts.bra)
  const dea = yield* materialise(database, agents.dea, parts.dea)
  return { database, parts, superseded: bra.superseded + dea.superseded }
}) satisfies (run: string) => Effect.Effect<Merged, InputError | StoreError, Scope.Scope>

/** Fills `RUN/curation.duckdb` and closes it. */
export const runMerge = (run: string): Effect.Effect<void, InputError | StoreError> =>
  Effect.scoped(Effect.asVoid(openMerged(run)))
