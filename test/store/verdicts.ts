import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Effect } from 'effect'
import { boundaryReflection, difficultyEstimation } from '../../agents/index.ts'
import { type AnyAgent, columnsOf, openDatabase, type Row, writePart } from '../../store/index.ts'

/** A verdict with the given fields; the others are null. */
export const verdict = (agent: AnyAgent, key: string, outcome: string, fields: Row = {}): Row => ({
  ...Object.fromEntries(Object.keys(columnsOf(agent)).map((column) => [column, null])),
  key,
  settings: 'h',
  agent: agent.name,
  sample: `sample ${key}`,
  dataset: 'd',
  split: 'train',
  outcome,
  ...fields,
})

/** Writes part files into the folder of a run, by their path in it. */
export const writeParts = (
  run: string,
  parts: { readonly [path: string]: readonly [AnyAgent, ReadonlyArray<Row>] },
) =>
  Effect.scoped(
    Effect.gen(function* () {
      const database = yield* openDatabase(':memory:', { threads: 1 })
      for (const [path, [agent, rows]] of Object.entries(parts)) {
        mkdirSync(dirname(join(run, path)), { recursive: true })
        yield* writePart(database, join(run, path), columnsOf(agent), rows, {})
      }
    }),
  )

export const braPart = (fold: string, part = 0) =>
  join(boundaryReflection.name, `fold-${fold}`, `part-0000${part}.parquet`)
export const deaPart = (fold: string, part = 0) =>
  join(difficultyEstimation.name, `fold-${fold}`, `part-0000${part}.parquet`)
