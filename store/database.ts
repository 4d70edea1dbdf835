import { DuckDBInstance, type DuckDBValue } from '@duckdb/node-api'
import { Effect, Schema, type Scope } from 'effect'
import { InputError, type Json } from '../core/index.ts'

/** DuckDB refused a statement: a fault of ours or a damaged file. */
export class StoreError extends Schema.TaggedError<StoreError>()('StoreError', {
  operation: Schema.String,
  problem: Schema.String,
}) {
  override get message(): string {
    return `${this.operation}: ${this.problem}`
  }
}

export type Row = { readonly [column: string]: Json }

/** One connection to a DuckDB database. */
export interface Database {
  /** Runs one or several statements. */
  readonly run: (sql: string, parameters?: ReadonlyArray<DuckDBValue>) => Effect.Effect<void, StoreError>
  /** All rows of a query as plain JSON values: 64-bit integers become strings, unless cast to INTEGER or DOUBLE. */
  readonly rows: (
    sql: string,
    parameters?: ReadonlyArray<DuckDBValue>,
  ) => Effect.Effect<ReadonlyArray<Row>, StoreError>
}

const text = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? 'unknown'

/** A string as an SQL literal. */
export const literal = (value: string): string => `'${value.replaceAll("'", "''")}'`

/** A name as an SQL identifier. */
export const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`

export interface OpenOptions {
  readonly readOnly?: boolean
  readonly threads?: number
  /** e.g. `1GB`; DuckDB takes 80 % of the machine without it. */
  readonly memory?: string
}

/**
 * Opens a database file, or one in memory for `:memory:`, until the scope closes. DuckDB lets one process at a time
 * open a file for writing, and nobody else then, not even to read: a second opener gets an InputError.
 */
export const openDatabase = (
  path: string,
  options: OpenOptions = {},
): Effect.Effect<Database, InputError, Scope.Scope> =>
  Effect.gen(function* () {
    const instance = yield* Effect.acquireRelease(
      Effect.tryPromise({
        try: () =>
          DuckDBInstance.create(path, {
            threads: String(options.threads ?? 2),
            memory_limit: options.memory ?? '1GB',
            ...(options.readOnly === true ? { access_mode: 'READ_ONLY' } : {}),
          }),
        catch: (error) => {
          const problem = text(error)
          const locked = problem.includes('Could not set lock')
          return new InputError({
            subject: path,
            problem: locked ? 'is open in another process' : `cannot be opened (${problem})`,
            remedy: locked
              ? 'wait for that process or stop it'
              : 'check the path, or remove the file to build it anew',
          })
        },
      }),
      (opened) => Effect.sync(() => opened.closeSync()),
    )
    const connection = yield* Effect.acquireRelease(
      Effect.promise(() => instance.connect()),
      (open) => Effect.sync(() => open.closeSync()),
    )
    const failed = (sql: string) => (error: unknown) =>
      new StoreError({
        operation: `DuckDB, ${sql.trim().slice(0, 60).replaceAll(/\s+/g, ' ')}`,
        problem: text(error),
      })
    return {
      run: (sql, parameters) =>
        Effect.tryPromise({
          try: () => connection.run(sql, parameters === undefined ? undefined : [...parameters]),
          catch: failed(sql),
        }).pipe(Effect.asVoid),
      rows: (sql, parameters) =>
        Effect.tryPromise({
          try: async () => {
            const reader = await connection.runAndReadAll(
              sql,
              parameters === undefined ? undefined : [...parameters],
            )
            return reader.getRowObjectsJson() as ReadonlyArray<Row>
          },
          catch: failed(sql),
        }),
    }
  })
