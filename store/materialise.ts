import { Effect } from 'effect'
import { tableOf } from './columns.ts'
import { type Database, type DatabaseError, identifier, transaction } from './database.ts'
import { type AgentParts, factsQuery, findSuperseded, type PartFact, verdictsQuery } from './places.ts'
import { rebuild } from './schema.ts'

/** Whether the tables were filled from exactly these part files. */
export const isFresh = (
  database: Database,
  facts: ReadonlyArray<PartFact>,
): Effect.Effect<boolean, DatabaseError> =>
  Effect.map(database.rows('SELECT part, bytes, modified FROM parts'), (rows) => {
    const known = new Map(rows.map(({ part, bytes, modified }) => [part, `${bytes} ${modified}`]))
    return (
      known.size === facts.length &&
      facts.every(({ part, bytes, modified }) => known.get(part) === `${bytes} ${modified}`)
    )
  })

/**
 * Fills the tables of all agents from their part files, one verdict per sample, in place of what was there and in one
 * transaction. Tables that were filled from exactly these files stay as they are.
 *
 * @param run absolute path of the run
 * @returns how many verdicts of the part files another of the same sample superseded
 */
export const materialise = Effect.fn('Store.materialise')(function* (
  database: Database,
  run: string,
  all: ReadonlyArray<AgentParts>,
  facts: ReadonlyArray<PartFact>,
) {
  if (!(yield* isFresh(database, facts)))
    yield* transaction(
      database,
      Effect.gen(function* () {
        yield* rebuild(database)
        for (const one of all) {
          const table = identifier(tableOf(one.agent))
          yield* database.run(`INSERT INTO ${table} ${yield* verdictsQuery(database, run, one)}`)
          yield* database.run(
            `INSERT INTO parts SELECT agent, part, bytes, modified, verdicts FROM (${factsQuery})
             JOIN (SELECT part, count(*) AS verdicts FROM ${table} GROUP BY part) USING (part)`,
            [JSON.stringify(facts)],
          )
          if ((yield* findSuperseded(database, one.agent)) > 0)
            yield* database.run(
              `DELETE FROM ${table} WHERE (part, part_row) IN (SELECT (part, part_row) FROM superseded)`,
            )
        }
      }),
    )
  const [counts] = yield* database.rows(
    'SELECT (SELECT sum(verdicts) FROM parts)::DOUBLE AS all, (SELECT count(*) FROM verdicts)::DOUBLE AS kept',
  )
  return Number(counts?.all) - Number(counts?.kept)
}) satisfies (
  database: Database,
  run: string,
  all: ReadonlyArray<AgentParts>,
  facts: ReadonlyArray<PartFact>,
) => Effect.Effect<number, DatabaseError>
