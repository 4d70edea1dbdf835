import { join, resolve } from 'node:path'
import { Effect, type Scope, Stream } from 'effect'
import { InputError } from '../core/index.ts'
import { listFolder } from '../files/index.ts'
import {
  type Answers,
  type DatabaseError,
  openAnswers,
  partFacts,
  type Selected,
  StoreError,
} from '../store/index.ts'
import { partsOf } from './merge.ts'

/** The `decisions.parquet` of every curation in the folder of a run. */
const decisionsOf = Effect.fnUntraced(function* (run: string) {
  const found: Array<string> = []
  for (const name of yield* listFolder(run)) {
    // A path that is not a folder has no curation.
    const files = yield* Effect.orElseSucceed(listFolder(join(run, name)), (): ReadonlyArray<string> => [])
    if (files.includes('decisions.parquet')) found.push(join(run, name, 'decisions.parquet'))
  }
  return found
})

const hint = 'correct the SQL ("spanwise query --schema" lists the tables and columns)'

/** DuckDB's errors about a user's query are input errors. */
const theirs = (error: DatabaseError): InputError =>
  error instanceof StoreError
    ? new InputError({ subject: 'query', problem: error.problem, remedy: hint })
    : error

export interface QueryAnswer extends Pick<Answers, 'source' | 'because'>, Selected<InputError> {}

/**
 * `spanwise query`: one SELECT over the verdicts and curations of a run, until the scope closes. While folds still
 * write, the finished part files are queried.
 */
export const runQuery = Effect.fn('Pipelines.runQuery')(function* (folder: string, sql: string) {
  const run = resolve(folder)
  const verdicts = yield* partsOf(run)
  if (verdicts.every(({ parts, chosen = [] }) => parts.length + chosen.length === 0))
    return yield* new InputError({
      subject: run,
      problem: 'contains no verdicts yet',
      remedy: 'set --run to the folder of a run, or create one with "spanwise bra" or "spanwise dea"',
    })
  const facts = yield* partFacts(run, verdicts)
  const answers = yield* openAnswers({ run, verdicts, facts, decisions: yield* decisionsOf(run) })
  const { columns, rows } = yield* Effect.mapError(answers.select(sql), theirs)
  return { source: answers.source, because: answers.because, columns, rows: Stream.mapError(rows, theirs) }
}) satisfies (folder: string, sql: string) => Effect.Effect<QueryAnswer, InputError | StoreError, Scope.Scope>
