import { Effect } from 'effect'
import { InputError } from '../core/index.ts'
import { type Database, type DatabaseError, identifier, literal, transaction } from './database.ts'
import { create, curationTables, describe, partsTable, verdictTables, views } from './relations.ts'

/**
 * Version of the columns of part files (`columnsOf` an agent), to be incremented with any change. It is one of the
 * settings that verdicts are kept under, so that the part files of one agent in a run all have the same columns.
 */
export const partVersion = 2

/**
 * Statements that lead `curation.duckdb` from each version to the next, from an empty file on. They keep only
 * what cannot be rebuilt from part files, the tables of curations, and are never changed once released; everything else
 * is rebuilt by `rebuild` from the current definitions.
 */
const migrations: ReadonlyArray<string> = [
  `CREATE TABLE curated (
     selection VARCHAR, key VARCHAR, sample VARCHAR, dataset VARCHAR, split VARCHAR, video VARCHAR, file VARCHAR,
     query VARCHAR, annotated DOUBLE[][], windows DOUBLE[][], duration DOUBLE, task VARCHAR, extra VARCHAR,
     decision VARCHAR, reason VARCHAR, weight DOUBLE, mean_iou DOUBLE, difficulty DOUBLE, band VARCHAR,
     partial_score DOUBLE, selected BOOLEAN);
   CREATE TABLE provenance (name VARCHAR, value VARCHAR);`,
  // Version 1 kept the provenance of the last curation only, without its name.
  `CREATE TABLE provenance_of (selection VARCHAR, name VARCHAR, value VARCHAR);
   INSERT INTO provenance_of
     SELECT (SELECT CASE WHEN count(DISTINCT selection) = 1 THEN any_value(selection) END FROM curated), name, value
     FROM provenance;
   DROP TABLE provenance;
   ALTER TABLE provenance_of RENAME TO provenance;`,
  // Version 2 has no `plan` in the table `parts`, which is rebuilt like every table derived from part files.
  'SELECT 1',
  // Version 3 has no uncertainty and no places in the view `samples`.
  'SELECT 1',
]

/** Version of `curation.duckdb` that this Spanwise writes. */
export const schemaVersion = migrations.length

/** Drops the tables and views derived from part files and creates them again, empty, with their documentation. */
const rebuild = Effect.fn('Store.rebuild')(function* (database: Database) {
  const kept = ['schema_version', ...curationTables.map(({ name }) => name)].map(literal).join(', ')
  const stale = yield* database.rows(
    `SELECT 'VIEW' AS kind, view_name AS name FROM duckdb_views()
     WHERE NOT internal AND NOT temporary AND database_name = current_database()
     UNION ALL SELECT 'TABLE', table_name FROM duckdb_tables()
     WHERE NOT internal AND NOT temporary AND database_name = current_database() AND table_name NOT IN (${kept})`,
  )
  const derived = [...verdictTables, partsTable, ...views]
  yield* database.run(
    [
      ...stale.map(({ kind, name }) => `DROP ${kind} ${identifier(String(name))};`),
      ...derived.map(create),
      ...[...derived, ...curationTables].map(describe),
    ].join('\n'),
  )
}) satisfies (database: Database) => Effect.Effect<void, DatabaseError>

/** The version of a database; 0 where it is empty. */
export const versionOf = Effect.fnUntraced(function* (
  database: Database,
): Effect.fn.Return<number, DatabaseError> {
  const [there] = yield* database.rows(
    "SELECT count(*)::INTEGER AS tables FROM duckdb_tables() WHERE table_name = 'schema_version'",
  )
  if (there?.tables === 0) return 0
  const [row] = yield* database.rows('SELECT max(version) AS version FROM schema_version')
  return Number(row?.version ?? 0)
})

/** Refuses a database made by a later version of Spanwise. */
export const refuseLater = (version: number, path: string): Effect.Effect<void, InputError> =>
  version > schemaVersion
    ? Effect.fail(
        new InputError({
          subject: path,
          problem: `has schema version ${version}, this version of Spanwise supports ${schemaVersion}`,
          remedy: 'update Spanwise, or remove the file to rebuild it from the part files',
        }),
      )
    : Effect.void

/**
 * Brings a database to `schemaVersion`, in one transaction: it is either the old or the new version. Tables
 * of verdicts are then empty, to be filled by `materialise`.
 */
export const migrate = Effect.fn('Store.migrate')(function* (database: Database, path: string) {
  const version = yield* versionOf(database)
  yield* refuseLater(version, path)
  if (version === schemaVersion) return
  yield* transaction(
    database,
    Effect.gen(function* () {
      for (const step of migrations.slice(version)) yield* database.run(step)
      yield* database.run(
        `CREATE OR REPLACE TABLE schema_version AS SELECT ${schemaVersion}::INTEGER AS version`,
      )
      yield* rebuild(database)
    }),
  )
}) satisfies (database: Database, path: string) => Effect.Effect<void, DatabaseError>
