import { join } from 'node:path'
import { Effect } from 'effect'
import { tableOf } from './columns.ts'
import { type Database, type DatabaseError, fileList, identifier, literal, transaction } from './database.ts'
import { type AgentParts, factsQuery, findSuperseded, type PartFact, verdictsQuery } from './places.ts'
import { create, describe, verdictTables } from './relations.ts'

/** The agents whose tables were not filled from exactly these part files. */
const staleAgents = (
  database: Database,
  all: ReadonlyArray<AgentParts>,
  facts: ReadonlyArray<PartFact>,
): Effect.Effect<ReadonlyArray<AgentParts>, DatabaseError> =>
  Effect.map(database.rows('SELECT agent, part, bytes, modified, plan FROM parts'), (rows) =>
    all.filter(({ agent }) => {
      const mine = facts.filter((fact) => fact.agent === agent.name)
      const known = new Map(
        rows
          .filter((row) => row.agent === agent.name)
          .map(({ part, bytes, modified, plan }) => [part, `${bytes} ${modified} ${plan}`]),
      )
      return (
        known.size !== mine.length ||
        mine.some(({ part, bytes, modified, plan }) => known.get(part) !== `${bytes} ${modified} ${plan}`)
      )
    }),
  )

/** Whether the tables were filled from exactly these part files. */
export const isFresh = (
  database: Database,
  all: ReadonlyArray<AgentParts>,
  facts: ReadonlyArray<PartFact>,
): Effect.Effect<boolean, DatabaseError> =>
  Effect.map(staleAgents(database, all, facts), (stale) => stale.length === 0)

/** Rows per part file: counted in the table if all of them count. */
const countsQuery = (run: string, table: string, { parts, chosen = [] }: AgentParts): string => {
  const some = chosen.flatMap((one) => one.parts)
  return [
    `SELECT part, count(*) AS verdicts FROM ${table} ${some.length === 0 ? '' : `WHERE part IN (${[...parts, ''].map(literal).join(', ')})`} GROUP BY part`,
    ...(some.length === 0
      ? []
      : [
          `SELECT substr(file_name, ${[...run].length + 2}), num_rows
           FROM parquet_file_metadata(${fileList(some.map((part) => join(run, part)))})`,
        ]),
  ].join(' UNION ALL ')
}

/**
 * Rebuilds the table of one agent. Two transactions: deleting rows before they are committed makes DuckDB write the
 * whole table a second time. Between the two, `parts` says that the table is not filled.
 */
const fill = Effect.fnUntraced(function* (
  database: Database,
  run: string,
  one: AgentParts,
  facts: ReadonlyArray<PartFact>,
) {
  const name = tableOf(one.agent)
  const table = identifier(name)
  const relation = verdictTables.find((candidate) => candidate.name === name)!
  const query = yield* verdictsQuery(database, run, one)
  yield* transaction(
    database,
    database.run(`DELETE FROM parts WHERE agent = ${literal(one.agent.name)};
                  DROP TABLE ${table}; ${create(relation)} ${describe(relation)}
                  INSERT INTO ${table} ${query}`),
  )
  const superseded = yield* findSuperseded(database, one.agent)
  yield* transaction(
    database,
    Effect.gen(function* () {
      yield* database.run(
        `INSERT INTO parts SELECT agent, part, bytes, modified, verdicts, plan FROM (${factsQuery})
         JOIN (${countsQuery(run, table, one)}) USING (part)`,
        [JSON.stringify(facts)],
      )
      if (superseded > 0)
        yield* database.run(
          `DELETE FROM ${table} t USING superseded s WHERE t.part = s.part AND t.part_row = s.part_row`,
        )
    }),
  )
})

/**
 * Fills the tables of agents from their part files, one verdict per planned sample, replacing the previous rows. Tables
 * that were filled from exactly these files are left unchanged.
 *
 * The agents are merged in parallel, each by one thread: rows then go straight into the table in the order of the part
 * files. Several threads for one table gather and copy batches to keep that order, which costs twice the processor.
 *
 * @param run absolute path of the run
 * @returns number of verdicts in the part files that do not count: superseded, or no longer planned
 */
export const materialise = Effect.fn('Store.materialise')(function* (
  database: Database,
  run: string,
  all: ReadonlyArray<AgentParts>,
  facts: ReadonlyArray<PartFact>,
) {
  const stale = yield* staleAgents(database, all, facts)
  if (stale.length > 0) {
    const [setting] = yield* database.rows("SELECT current_setting('threads')::INTEGER AS threads")
    // By default each table buffers five row groups, which costs memory without benefit here.
    yield* database.run('SET threads = 1; SET write_buffer_row_group_count = 1')
    yield* Effect.forEach(
      stale,
      (one) => Effect.scoped(Effect.flatMap(database.fork, (mine) => fill(mine, run, one, facts))),
      { concurrency: 'unbounded', discard: true },
    ).pipe(
      Effect.onExit(() =>
        database.run(`SET threads = ${setting?.threads}; RESET write_buffer_row_group_count`),
      ),
    )
  }
  const [counts] = yield* database.rows(
    'SELECT (SELECT coalesce(sum(verdicts), 0) FROM parts)::DOUBLE AS all, (SELECT count(*) FROM verdicts)::DOUBLE AS kept',
  )
  return Number(counts?.all) - Number(counts?.kept)
}) satisfies (
  database: Database,
  run: string,
  all: ReadonlyArray<AgentParts>,
  facts: ReadonlyArray<PartFact>,
) => Effect.Effect<number, DatabaseError>
