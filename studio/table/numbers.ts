import { Effect } from 'effect'
import {
  create,
  type Database,
  type DatabaseError,
  identifier,
  type Relation,
  relations,
  verdictTables,
} from '../../store/index.ts'

const named = (name: string): Relation => relations.find((relation) => relation.name === name)!
const [samples, verdicts, failures] = [named('samples'), named('verdicts'), named('failures')]

/** Relations of a snapshot whose rows have a `number`, by which an index finds them. */
export const numbered: ReadonlySet<string> = new Set(
  [samples, ...verdictTables, verdicts, failures].map(({ name }) => name),
)

const columnsOf = ({ columns }: Relation): string => Object.keys(columns).map(identifier).join(', ')

/**
 * Joins the verdicts of both agents as the table `samples`, and numbers its rows and those of every agent's table, which
 * are also the rows of `verdicts` and `failures`. To fetch a hundred rows from all over a large table takes an index a
 * fifth of the time that a scan takes.
 *
 * @param sorted by part file; a large run is left in no particular order, because sorting it takes minutes
 */
export const joinAndNumber = Effect.fn('Studio.joinAndNumber')(function* (
  database: Database,
  sorted: boolean,
): Effect.fn.Return<void, DatabaseError> {
  const { query: _, ...table } = samples
  // A second thread would take a hundred megabytes more, and a core from the questions of the page.
  if (!sorted)
    yield* database.run("SET threads = 1; SET memory_limit = '220MB'; SET write_buffer_row_group_count = 1")
  yield* database.run(`
    ${create({ ...table, kind: 'table', name: 'joined' })}
    INSERT INTO joined FROM samples
      ${sorted ? 'ORDER BY coalesce(bra_part, dea_part), coalesce(bra_row, dea_row), key' : ''};
    DROP VIEW samples;
    ALTER TABLE joined RENAME TO samples;
    CHECKPOINT;`)
  const statements: Array<string> = []
  let first = 0
  for (const { name } of [...verdictTables, samples]) {
    const table = identifier(name)
    const [row] = yield* database.rows(`SELECT coalesce(max(rowid) + 1, 0)::INTEGER AS rows FROM ${table}`)
    statements.push(
      `ALTER TABLE ${table} ADD COLUMN number INTEGER;
       UPDATE ${table} SET number = rowid + ${name === samples.name ? 0 : first};
       CREATE INDEX ${identifier(`${name} by number`)} ON ${table} (number);
       CHECKPOINT;`,
    )
    first += Number(row?.rows)
  }
  const all = verdictTables.map(
    ({ name }) => `SELECT ${columnsOf(verdicts)}, number FROM ${identifier(name)}`,
  )
  yield* database.run(`
    ${statements.join('\n')}
    CREATE OR REPLACE VIEW verdicts AS ${all.join(' UNION ALL ')};
    CREATE OR REPLACE VIEW failures AS
      SELECT ${columnsOf(failures)}, number FROM verdicts WHERE outcome NOT IN ('kept', 'dropped');
    CHECKPOINT;`)
})
