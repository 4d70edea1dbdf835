import { join } from 'node:path'
import { Effect } from 'effect'
import { type AnyAgent, allAgents, literal, parquetOf, type Row, tableOf } from '../../store/index.ts'
import type { FoundRun } from '../discovery/find.ts'
import { refusal } from '../server/refusal.ts'
import type { Studio } from '../studio.ts'
import { selectFrom } from '../table/ask.ts'
import type { Snapshot } from '../table/snapshot.ts'

/** One agent's verdict of a sample, with its evidence. */
export interface VerdictRow {
  readonly agent: AnyAgent
  readonly row: Row
}

/** Agents whose places the table `samples` knows. */
const short: { readonly [agent: string]: string } = {
  'boundary-reflection': 'bra',
  'difficulty-estimation': 'dea',
}

interface Place {
  readonly agent: AnyAgent
  readonly part: string
  readonly row: number
}

/** The condition that finds a sample in `samples`: by its number where a page has shown it, else by its key. */
export const whereKey = (snapshot: Snapshot, key: string): string => {
  const number = snapshot.numbers.get(key)
  return `${number === undefined ? '' : `number = ${number} AND `}"key" = ${literal(key)}`
}

/** Where the verdicts of a sample are. */
const placesOf = Effect.fnUntraced(function* (snapshot: Snapshot, key: string) {
  const found: Array<Place> = []
  const { rows } = yield* selectFrom(
    snapshot,
    `SELECT bra_part, bra_row, dea_part, dea_row FROM samples WHERE ${whereKey(snapshot, key)} LIMIT 1`,
  )
  for (const [index, agent] of Object.keys(short).entries()) {
    const part = rows[0]?.[2 * index]
    const one = allAgents.find(({ name }) => name === agent)
    if (typeof part === 'string' && one !== undefined)
      found.push({ agent: one, part, row: Number(rows[0]?.[2 * index + 1]) })
  }
  for (const agent of allAgents) {
    if (agent.name in short) continue
    const answer = yield* selectFrom(
      snapshot,
      `SELECT part, part_row FROM ${tableOf(agent)} WHERE "key" = ${literal(key)} LIMIT 1`,
    )
    const [row] = answer.rows
    if (row !== undefined) found.push({ agent, part: String(row[0]), row: Number(row[1]) })
  }
  return found
})

/** Only what an agent has judged can be shown and reviewed: the sample itself is in its verdict. */
export const unjudged = refusal(
  404,
  'no agent of this run has a verdict about this sample',
  'a sample can be shown and reviewed once an agent has processed it: run the agent on with the same --run',
)

/** Every agent's verdict of a sample, read from its part files; at least one. */
export const verdictRows = Effect.fn('Studio.verdictRows')(function* (
  studio: Studio,
  run: FoundRun,
  snapshot: Snapshot,
  key: string,
) {
  const places = yield* placesOf(snapshot, key)
  // Most of the time of a sample: side by side, which takes a connection each.
  const found = yield* Effect.forEach(
    places,
    Effect.fnUntraced(function* ({ agent, part, row }) {
      const connection = yield* studio.parts.fork
      const [one] = yield* connection.rows(
        `FROM ${parquetOf([join(run.path, part)], 'file_row_number = true')} WHERE file_row_number = ${row}`,
      )
      return one === undefined ? [] : [{ agent, row: one } satisfies VerdictRow]
    }, Effect.scoped),
    { concurrency: 'unbounded' },
  )
  const rows = found.flat()
  return rows.length === 0 ? yield* unjudged : rows
})
