import { join } from 'node:path'
import { Effect } from 'effect'
import { listFolder } from '../files/index.ts'
import { type DatabaseError, openDatabase, parquetOf } from '../store/index.ts'
import { isPart } from './found.ts'

/** A sample that an agent could not process. */
export interface Failure {
  readonly sample: string
  /** Video file, relative to the folder of videos. */
  readonly file: string
  readonly outcome: 'failed' | 'absent'
  readonly reason: string
}

/** The samples of a fold's folder that failed, then those whose video was missing, each in the order of the plan. */
export const listFailures = Effect.fn('Folds.listFailures')(function* (folder: string) {
  const parts = (yield* listFolder(folder)).filter(isPart).map((name) => join(folder, name))
  if (parts.length === 0) return []
  const database = yield* openDatabase(':memory:', { threads: 1, memory: '256MB' })
  const rows = yield* database.rows(
    `SELECT sample, file, outcome, reason
     FROM ${parquetOf(parts, 'filename = true', 'file_row_number = true')}
     WHERE outcome IN ('failed', 'absent') ORDER BY outcome DESC, filename, file_row_number`,
  )
  return rows as unknown as ReadonlyArray<Failure>
}, Effect.scoped) satisfies (folder: string) => Effect.Effect<ReadonlyArray<Failure>, DatabaseError>
