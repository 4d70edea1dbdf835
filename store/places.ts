import { statSync } from 'node:fs'
import { join } from 'node:path'
import { Effect } from 'effect'
import { InputError } from '../core/index.ts'
import { type AnyAgent, type Columns, tableColumns, tableOf } from './columns.ts'
import { type Database, type DatabaseError, identifier, parquetOf } from './database.ts'
import { evidenceView } from './relations.ts'

/** Part files of which only the rows of planned samples count. */
export interface ChosenParts {
  readonly parts: ReadonlyArray<string>
  /** Parquet file of the planned keys. */
  readonly planned: string
  /** Hash of the planned keys. */
  readonly plan: string
}

/** The part files of one agent, relative to the folder of the run, sorted. */
export interface AgentParts {
  readonly agent: AnyAgent
  /** Part files of which every row counts. */
  readonly parts: ReadonlyArray<string>
  readonly chosen?: ReadonlyArray<ChosenParts>
}

/** Identity of a part file, beyond its name. */
export interface PartFact {
  readonly agent: string
  readonly part: string
  readonly bytes: number
  readonly modified: number
  /** The plan whose rows count, empty if all do. */
  readonly plan: string
}

/** Size and time of every part file. A missing one is an InputError. */
export const partFacts = (run: string, all: ReadonlyArray<AgentParts>) =>
  Effect.try({
    try: (): ReadonlyArray<PartFact> =>
      all.flatMap(({ agent, parts, chosen = [] }) =>
        [{ parts, plan: '' }, ...chosen].flatMap(({ parts, plan }) =>
          parts.map((part) => {
            const { size, mtimeMs } = statSync(join(run, part))
            return { agent: agent.name, part, bytes: size, modified: Math.floor(mtimeMs), plan }
          }),
        ),
      ),
    catch: (error) =>
      new InputError({
        subject: run,
        problem: `its part files changed while being read (${error instanceof Error ? error.message : error})`,
        remedy: 'start again',
      }),
  })

/** A query that gives `PartFact`s back as rows, from their JSON as its parameter. */
export const factsQuery = `SELECT unnest(from_json($1::JSON,
  '[{"agent":"VARCHAR","part":"VARCHAR","bytes":"DOUBLE","modified":"DOUBLE","plan":"VARCHAR"}]'), max_depth := 2)`

/**
 * A query for columns of an agent's part files and for the place of each row, in the order of the files. All of them have
 * the columns of the first, as all were written under one `partVersion`; a column that an earlier version lacks is null.
 *
 * @param run absolute path of the run
 * @param planned file of the keys whose rows count, relative to `run`; all rows without it
 */
const fromParts = Effect.fnUntraced(function* (
  database: Database,
  run: string,
  parts: ReadonlyArray<string>,
  columns: Columns,
  planned?: string,
) {
  const rows = (some: ReadonlyArray<string>) => `(
    SELECT *, substr(filename, ${[...run].length + 2}) AS part, file_row_number::INTEGER AS part_row
    FROM ${parquetOf(
      some.map((part) => join(run, part)),
      'filename = true',
      'file_row_number = true',
    )})`
  const described = parts.length === 0 ? [] : yield* database.rows(`DESCRIBE FROM ${rows(parts.slice(0, 1))}`)
  const present = new Set(described.map((row) => row.column_name))
  const select = Object.entries(columns)
    .map(([name, { type }]) => `${present.has(name) ? '' : `NULL::${type} AS `}${identifier(name)}`)
    .join(', ')
  if (parts.length === 0) return `SELECT ${select} WHERE false`
  const only =
    planned === undefined ? '' : ` SEMI JOIN ${parquetOf([join(run, planned)])} planned USING (key)`
  return `SELECT ${select} FROM ${rows(parts)}${only}`
})

/** `fromParts` of all part files of an agent. */
const fromAgent = (
  database: Database,
  run: string,
  { parts, chosen = [] }: AgentParts,
  columns: Columns,
): Effect.Effect<string, DatabaseError> =>
  Effect.map(
    Effect.forEach(
      [...(parts.length > 0 || chosen.length === 0 ? [{ parts, planned: undefined }] : []), ...chosen],
      (one) => fromParts(database, run, one.parts, columns, one.planned),
    ),
    (queries) => queries.join(' UNION ALL '),
  )

/** A query for the rows of an agent's table, out of its part files. */
export const verdictsQuery = (database: Database, run: string, one: AgentParts) =>
  fromAgent(database, run, one, tableColumns(one.agent))

/** A query for the rows of `evidence`. */
export const evidenceQuery = (database: Database, run: string, all: ReadonlyArray<AgentParts>) =>
  Effect.map(
    Effect.forEach(all, (one) => fromAgent(database, run, one, evidenceView.columns)),
    (queries) => queries.join(' UNION ALL '),
  )

/**
 * Stores the locations of superseded verdicts in the temporary table `superseded` and returns their number. Of several
 * verdicts of one sample in an agent's relation, a judged one takes precedence over a failure, a failure over an
 * absence, an earlier part over a later one. Samples are matched by hash, which needs a tenth of the memory.
 */
export const findSuperseded = Effect.fn('Store.findSuperseded')(function* (
  database: Database,
  agent: AnyAgent,
) {
  const relation = identifier(tableOf(agent))
  yield* database.run(`
    CREATE OR REPLACE TEMP TABLE repeated AS
      SELECT h FROM (SELECT hash(key, settings) AS h FROM ${relation}) GROUP BY h HAVING count(*) > 1;
    CREATE OR REPLACE TEMP TABLE superseded (part VARCHAR, part_row INTEGER);`)
  const [repeated] = yield* database.rows('SELECT count(*)::INTEGER AS keys FROM repeated')
  if (repeated?.keys === 0) return 0
  yield* database.run(`
    INSERT INTO superseded SELECT part, part_row FROM (
      SELECT part, part_row, row_number() OVER (
        PARTITION BY key, settings
        ORDER BY CASE outcome WHEN 'failed' THEN 1 WHEN 'absent' THEN 2 ELSE 0 END, part, part_row
      ) AS place
      FROM ${relation} WHERE hash(key, settings) IN (SELECT h FROM repeated)
    ) WHERE place > 1`)
  const [found] = yield* database.rows('SELECT count(*)::INTEGER AS places FROM superseded')
  return Number(found?.places)
}) satisfies (database: Database, agent: AnyAgent) => Effect.Effect<number, DatabaseError>
