import { existsSync, statSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Effect } from 'effect'
import { InputError } from '../core/index.ts'
import { temporaryName } from '../files/index.ts'
import { fileList, identifier, openDatabase } from './database.ts'

/** The streams of a training run, each one JSON object a line, and the tables they become. */
const streams = {
  metrics: 'metrics.jsonl',
  validation: 'validation.jsonl',
  rollouts: 'rollouts.jsonl',
} as const

/**
 * Builds `metrics.duckdb` of a training run's folder from its JSONL streams: tables `metrics`, `validation` and `rollouts`,
 * those that have rows. Nested figures are STRUCT columns (`SELECT step, rewards.iou FROM metrics`). The file is built
 * under another name and renamed, so it may be rebuilt while the old one is being read.
 *
 * @returns the path of the database.
 */
export const metricsToDuckDb = Effect.fn('Store.metricsToDuckDb')(function* (run: string) {
  const final = join(run, 'metrics.duckdb')
  const temporary = temporaryName(final)
  const files = (work: () => Promise<void>) =>
    Effect.tryPromise({
      try: work,
      catch: (cause) =>
        new InputError({
          subject: final,
          problem: `cannot be written (${cause instanceof Error ? cause.message : String(cause)})`,
          remedy: 'check the permissions of the run folder',
        }),
    })
  yield* Effect.scoped(
    Effect.gen(function* () {
      const database = yield* openDatabase(temporary)
      for (const [table, name] of Object.entries(streams)) {
        const file = join(run, name)
        if (!existsSync(file) || statSync(file).size === 0) continue
        yield* database.run(
          `CREATE TABLE ${identifier(table)} AS
           SELECT * FROM read_json(${fileList([file])}, format = 'newline_delimited', sample_size = -1,
                                   hive_partitioning = false, maximum_object_size = 67108864) ORDER BY step`,
        )
      }
    }),
  ).pipe(Effect.tapError(() => Effect.ignore(files(() => rm(temporary, { force: true })))))
  yield* files(() => rename(temporary, final))
  return final
})
