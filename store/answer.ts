import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { Effect, Exit, Scope } from 'effect'
import { refuseActing } from './calls.ts'
import { curatedTypes, tableOf } from './columns.ts'
import {
  type Database,
  type DatabaseError,
  fileList,
  identifier,
  literal,
  openDatabase,
  parquetOf,
} from './database.ts'
import { isFresh } from './materialise.ts'
import {
  type AgentParts,
  evidenceQuery,
  factsQuery,
  findSuperseded,
  type PartFact,
  verdictsQuery,
} from './places.ts'
import { create, curationTables, describe, evidenceView, relations, views } from './relations.ts'
import { refuseLater, schemaVersion, versionOf } from './schema.ts'

/** A read-only view of a run. */
export interface Answers {
  readonly select: Database['select']
  /** Where the answers come from. */
  readonly source: 'curation.duckdb' | 'part files'
  /** Why `curation.duckdb` was not used; null if it was. */
  readonly because: string | null
}

export interface RunFiles {
  /** Absolute path of the run. */
  readonly run: string
  readonly verdicts: ReadonlyArray<AgentParts>
  readonly facts: ReadonlyArray<PartFact>
  /** The `decisions.parquet` of the curations in the run, absolute. */
  readonly decisions: ReadonlyArray<string>
}

const options = Effect.acquireRelease(
  Effect.sync(() => join(tmpdir(), `spanwise-query-${randomUUID()}`)),
  (folder) => Effect.promise(() => rm(folder, { recursive: true, force: true })),
).pipe(Effect.map((overflow) => ({ threads: availableParallelism(), memory: '1GB', overflow })))

/** From here on the database reads only files in one folder, and no setting can be changed. */
export const lock = (database: Database, folder: string): Effect.Effect<void, DatabaseError> =>
  database.run(`
    SET late_materialization_max_rows = 1000;
    SET allowed_directories = [${literal(`${folder}/`)}];
    SET enable_external_access = false;
    SET autoinstall_known_extensions = false;
    SET autoload_known_extensions = false;
    SET lock_configuration = true;`)

/** The view `evidence`, which reads the part files wherever the run is. */
const makeEvidence = Effect.fnUntraced(function* (database: Database, { run, verdicts }: RunFiles) {
  const query = yield* evidenceQuery(database, run, verdicts)
  yield* database.run(`CREATE TEMP VIEW evidence AS ${query}; ${describe(evidenceView)}`)
})

/** The merged database, or why it cannot answer. */
const openMergedFile = Effect.fnUntraced(function* (files: RunFiles) {
  const path = join(files.run, 'curation.duckdb')
  if (!existsSync(path)) return 'no curation.duckdb yet'
  const opened = yield* Effect.result(openDatabase(path, { ...(yield* options), readOnly: true }))
  if (opened._tag === 'Failure') return `curation.duckdb ${opened.failure.problem}`
  const database = opened.success
  const version = yield* versionOf(database)
  yield* refuseLater(version, path)
  if (version < schemaVersion) return `curation.duckdb has the older schema version ${version}`
  if (!(yield* isFresh(database, files.verdicts, files.facts)))
    return 'curation.duckdb is older than the part files'
  yield* makeEvidence(database, files)
  return database
})

/** The tables of curations, from their files. */
const viewCurations = Effect.fnUntraced(function* (database: Database, decisions: ReadonlyArray<string>) {
  if (decisions.length === 0) return yield* database.run(curationTables.map(create).join('\n'))
  yield* database.run(`
    CREATE VIEW curated AS SELECT ${Object.keys(curatedTypes).map(identifier).join(', ')}
      FROM ${parquetOf(decisions, 'union_by_name = true')};
    CREATE VIEW provenance AS
      SELECT string_split(file_name, '/')[-2] AS selection, decode(key) AS name, decode(value) AS value
      FROM parquet_kv_metadata(${fileList(decisions)});`)
})

/** A database in memory whose tables are views over the part files. */
const openParts = Effect.fnUntraced(function* (files: RunFiles) {
  const { run, verdicts, facts, decisions } = files
  const database = yield* openDatabase(':memory:', yield* options)
  for (const one of verdicts) {
    const table = identifier(tableOf(one.agent))
    const query = yield* verdictsQuery(database, run, one)
    yield* database.run(`CREATE VIEW ${table} AS ${query}`)
    if ((yield* findSuperseded(database, one.agent)) > 0) {
      const superseded = identifier(`superseded ${one.agent.name}`)
      yield* database.run(`
        ALTER TABLE superseded RENAME TO ${superseded};
        CREATE OR REPLACE VIEW ${table} AS
          SELECT * FROM (${query}) ANTI JOIN ${superseded} USING (part, part_row)`)
    }
  }
  yield* database.run(`CREATE TEMP TABLE part_facts AS ${factsQuery}`, [JSON.stringify(facts)])
  const parts = fileList(facts.map(({ part }) => join(run, part)))
  yield* database.run(`
    CREATE VIEW parts AS SELECT agent, part, bytes, modified, num_rows::INTEGER AS verdicts, plan
      FROM part_facts JOIN parquet_file_metadata(${parts}) ON file_name = ${literal(`${run}/`)} || part;
    ${views.map(create).join('\n')}`)
  yield* makeEvidence(database, files)
  yield* viewCurations(database, decisions)
  const made = relations.filter(({ name }) => name !== evidenceView.name)
  yield* database.run(
    `${made.map(describe).join('\n')} DROP TABLE repeated; DROP TABLE IF EXISTS superseded;`,
  )
  return database
})

/**
 * Opens a run for queries until the scope closes. If `curation.duckdb` is up to date with the part files, it is used; if
 * it is missing, locked by a writing process, or older than this version or the part files, the finished part files are
 * used, with the same tables and columns. Nothing can be written, and nothing outside the run's folder read.
 */
export const openAnswers = Effect.fn('Store.openAnswers')(function* (files: RunFiles) {
  const trial = yield* Effect.acquireRelease(Scope.make(), (scope) => Scope.close(scope, Exit.void))
  const merged = yield* Scope.provide(openMergedFile(files), trial)
  // A database that is not used must not lock out the process that updates it.
  if (typeof merged === 'string') yield* Scope.close(trial, Exit.void)
  const database = typeof merged === 'string' ? yield* openParts(files) : merged
  yield* lock(database, files.run)
  return {
    select: (sql) => Effect.andThen(refuseActing(database, sql), database.select(sql)),
    source: typeof merged === 'string' ? 'part files' : 'curation.duckdb',
    because: typeof merged === 'string' ? merged : null,
  }
}) satisfies (files: RunFiles) => Effect.Effect<Answers, DatabaseError, Scope.Scope>
