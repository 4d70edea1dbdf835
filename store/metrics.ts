import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Effect } from 'effect'
import { z } from 'zod'
import { appendRows, readRows, removeFile, temporaryName, wholeBy } from '../files/index.ts'
import { fileList, identifier, literal, openDatabase } from './database.ts'

/** The streams of a training run, each one JSON object a line, and the tables they become. */
const streams = {
  metrics: 'metrics.jsonl',
  validation: 'validation.jsonl',
  rollouts: 'rollouts.jsonl',
} as const

const rowsOf = (file: string): string =>
  `SELECT * FROM read_json(${fileList([file])}, format = 'newline_delimited', sample_size = -1,
                           hive_partitioning = false, maximum_object_size = 67108864) ORDER BY step`

/**
 * Builds `metrics.duckdb` of a training run's folder from its JSONL streams: tables `metrics`, `validation` and `rollouts`,
 * those that have rows. Nested figures are STRUCT columns (`SELECT step, rewards.iou FROM metrics`). The file is built
 * under another name and renamed, so it may be rebuilt while the old one is being read.
 *
 * @returns the path of the database.
 */
export const metricsToDuckDb = Effect.fn('Store.metricsToDuckDb')(function* (run: string) {
  const final = join(run, 'metrics.duckdb')
  yield* wholeBy(final, (temporary) =>
    Effect.scoped(
      Effect.gen(function* () {
        const database = yield* openDatabase(temporary)
        for (const [table, name] of Object.entries(streams)) {
          const file = join(run, name)
          if (!existsSync(file) || statSync(file).size === 0) continue
          yield* database.run(`CREATE TABLE ${identifier(table)} AS ${rowsOf(file)}`)
        }
      }),
    ),
  )
  return final
})

/** Writes a stream of a training run, which a kill may have cut off, as Parquet; nested figures are STRUCT columns. */
export const jsonLinesToParquet = (file: string, parquet: string) =>
  Effect.scoped(
    Effect.gen(function* () {
      const rows = yield* readRows(file, z.unknown())
      const whole = yield* Effect.acquireRelease(Effect.succeed(temporaryName(parquet)), (path) =>
        Effect.ignore(removeFile(path)),
      )
      yield* appendRows(whole, rows)
      const database = yield* openDatabase(':memory:')
      yield* database.run(`COPY (${rowsOf(whole)}) TO ${literal(parquet)} (FORMAT parquet)`)
    }),
  )
