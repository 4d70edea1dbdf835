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
    // What is no folder holds no curation.
    const files = yield* Effect.orElseSucceed(listFolder(join(run, name)), (): ReadonlyArray<string> => [])
    if (files.includes('decisions.parquet')) found.push(join(run, name, 'decisions.parquet'))
  }
  return found
})

const hint = 'correct the SQL ("spanwise query --schema" lists the tables and columns)'

/** What DuckDB says against a query that somebody typed is theirs to correct. */
const theirs = (error: DatabaseError): InputError =>
  error instanceof StoreError
    ? new InputError({ subject: 'query', problem: error.problem, remedy: hint })
    : error

export interface QueryAnswer extends Pick<Answers, 'source' | 'because'>, Selected<InputError> {}

/**
 * `spanwise query`: one SELECT over the verdicts and curations of a run, until the scope closes. A run that folds still
 * write answers from its finished part files.
 */
export const runQuery = Effect.fn('Pipelines.runQuery')(function* (folder: string, sql: string) {
  const run = resolve(folder)
  const verdicts = yield* partsOf(run)
  if (verdicts.every(({ parts, chosen = [] }) => parts.length + chosen.length === 0))
    return yield* new InputError({
      subject: run,
      problem: 'holds no verdicts yet',
      remedy: 'name the folder of a run with --run, or make one with "spanwise bra" or "spanwise dea"',
    })
  const facts = yield* partFacts(run, verdicts)
  const answers = yield* openAnswers({ run, verdicts, facts, decisions: yield* decisionsOf(run) })
  const { columns, rows } = yield* Effect.mapError(answers.select(sql), theirs)
  return { source: answers.source, because: answers.because, columns, rows: Stream.mapError(rows, theirs) }
}) satisfies (folder: string, sql: string) => Effect.Effect<QueryAnswer, InputError | StoreError, Scope.Scope>
