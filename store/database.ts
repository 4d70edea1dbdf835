import { resolve } from 'node:path'
import type { DuckDBInstance, DuckDBValue } from '@duckdb/node-api'
import { Effect, Schema, type Scope } from 'effect'
import { InputError, type Json } from '../core/index.ts'
import { reachable } from './reachable.ts'
import type { Selected } from './select.ts'

/** DuckDB refused a statement: an internal error or a damaged file. */
export class StoreError extends Schema.TaggedError<StoreError>()('StoreError', {
  operation: Schema.String,
  problem: Schema.String,
}) {
  override get message(): string {
    return `${this.operation}: ${this.problem}`
  }
}

/** Errors of a statement: an InputError if the user can fix the cause, such as a full disk. */
export type DatabaseError = StoreError | InputError

export type Row = { readonly [column: string]: Json }

/** A connection to a DuckDB database. An interruption stops the running statement. */
export interface Database {
  /** Runs one or several statements. */
  readonly run: (sql: string, parameters?: ReadonlyArray<DuckDBValue>) => Effect.Effect<void, DatabaseError>
  /** All rows of a query as plain JSON values: 64-bit integers become strings, unless cast to INTEGER or DOUBLE. */
  readonly rows: (
    sql: string,
    parameters?: ReadonlyArray<DuckDBValue>,
  ) => Effect.Effect<ReadonlyArray<Row>, DatabaseError>
  /** Another connection to the same database, with its own transactions, until the scope closes. */
  readonly fork: Effect.Effect<Database, never, Scope.Scope>
  /** A user's query: one read-only statement, its rows as a stream. */
  readonly select: (sql: string) => Effect.Effect<Selected<DatabaseError>, DatabaseError>
}

/** DuckDB's message in one line, without the statement excerpt that follows. */
const text = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error))
    .replace('Failed to extract statements: ', '')
    .split(/\n\s*\n/)[0]!
    .trim()
    .replaceAll(/\s*\n\s*/g, ' ')

/** A string as an SQL literal; an expression where it holds NUL, at which DuckDB's parser takes the statement to end. */
export const literal = (value: string): string => {
  const parts = value.split('\0').map((part) => `'${part.replaceAll("'", "''")}'`)
  return parts.length === 1 ? parts[0]! : `(${parts.join(' || chr(0) || ')})`
}

/** A name as an SQL identifier. */
export const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`

/** Files as an SQL list for a table function. Names are data: `*`, `?` and `[` in them match only themselves. */
export const fileList = (paths: ReadonlyArray<string>): string =>
  `[${paths.map((path) => literal(resolve(path).replaceAll(/[*?[]/g, '[$&]'))).join(', ')}]`

/** The rows of exactly these Parquet files; a folder called `lr=1e-5` adds no column. `options` as DuckDB writes them. */
export const parquetOf = (paths: ReadonlyArray<string>, ...options: ReadonlyArray<string>): string =>
  `read_parquet(${[fileList(paths), 'hive_partitioning = false', ...options].join(', ')})`

export interface OpenOptions {
  readonly readOnly?: boolean
  readonly threads?: number
  /** e.g. `1GB`; by default DuckDB uses up to 80 % of the memory. */
  readonly memory?: string
  /** Folder for data that does not fit into memory; by default next to the database file. */
  readonly overflow?: string
}

const connect = Effect.fnUntraced(function* (
  instance: DuckDBInstance,
  path: string,
): Effect.fn.Return<Database, never, Scope.Scope> {
  const connection = yield* Effect.acquireRelease(
    Effect.promise(() => instance.connect()),
    (open) => Effect.sync(() => open.closeSync()),
  )
  const failed =
    (sql: string) =>
    (error: unknown): DatabaseError => {
      const problem = text(error)
      return /No space left on device|Disk quota exceeded/.test(problem)
        ? new InputError({
            subject: /file "([^"]+?)(\.[0-9a-f]{8}\.tmp)?"/.exec(problem)?.[1] ?? path,
            problem: 'no space left on the device',
            remedy: 'free some space and start again; finished work is kept',
          })
        : new StoreError({
            operation: `DuckDB, ${sql.trim().slice(0, 60).replaceAll(/\s+/g, ' ')}`,
            problem,
          })
    }
  const attempt = <A>(sql: string, work: () => Promise<A>): Effect.Effect<A, DatabaseError> =>
    Effect.callback<A, DatabaseError>((resume) => {
      const done = work().then(
        (value) => resume(Effect.succeed(value)),
        (error) => resume(Effect.fail(failed(sql)(error))),
      )
      // The connection must not be closed while a statement runs.
      return Effect.promise(() => {
        connection.interrupt()
        return done
      })
    })
  return {
    run: (sql, parameters) =>
      attempt(sql, async () => {
        await connection.run(sql, parameters === undefined ? undefined : [...parameters])
      }),
    rows: (sql, parameters) =>
      attempt(sql, async () => {
        const reader = await connection.runAndReadAll(
          sql,
          parameters === undefined ? undefined : [...parameters],
        )
        return reader.getRowObjectsJson() as ReadonlyArray<Row>
      }),
    select: (sql) =>
      Effect.flatMap(
        Effect.promise(() => import('./select.ts')),
        ({ select }) => select(connection, sql, (work) => attempt(sql, work)),
      ),
    fork: connect(instance, path),
  }
})

/**
 * Opens a database file, or one in memory for `:memory:`, until the scope closes. DuckDB lets one process at a time
 * open a file for writing, and no other even to read it then: a second opener gets an InputError.
 */
export const openDatabase = Effect.fnUntraced(function* (
  path: string,
  options: OpenOptions = {},
): Effect.fn.Return<Database, InputError, Scope.Scope> {
  const file = yield* reachable(path, options.readOnly === true)
  const instance = yield* Effect.acquireRelease(
    Effect.tryPromise({
      try: async () => {
        // Read by DuckDB's allocator when it is loaded. By default it keeps what was freed for a second and more, which
        // a join of millions of rows makes hundreds of megabytes; with 0 each page of a table asks the system again.
        process.env.DUCKDB_JE_MALLOC_CONF ??= 'dirty_decay_ms:200,muzzy_decay_ms:0'
        // Imported only here, because loading DuckDB slows starts that open no database.
        const { DuckDBInstance } = await import('@duckdb/node-api')
        return DuckDBInstance.create(file, {
          threads: String(options.threads ?? 2),
          memory_limit: options.memory ?? '1GB',
          // Part files are read once: caching their metadata only costs memory.
          enable_external_file_cache: 'false',
          ...(options.readOnly === true ? { access_mode: 'READ_ONLY' } : {}),
          ...(options.overflow === undefined ? {} : { temp_directory: options.overflow }),
        })
      },
      catch: (error) => {
        const problem = text(error)
        const locked = problem.includes('Could not set lock')
        return new InputError({
          subject: path,
          problem: locked ? 'is open in another process' : `cannot be opened (${problem})`,
          remedy: locked
            ? 'wait for that process or stop it'
            : 'check the path, or remove the file to rebuild it',
        })
      },
    }),
    (opened) => Effect.sync(() => opened.closeSync()),
  )
  return yield* connect(instance, path)
})

/** Runs `work` in one transaction, rolled back if it fails or is interrupted. */
export const transaction = <A, E, R>(
  database: Database,
  work: Effect.Effect<A, E, R>,
): Effect.Effect<A, E | DatabaseError, R> =>
  Effect.acquireUseRelease(
    database.run('BEGIN'),
    () => Effect.tap(work, database.run('COMMIT')),
    (_, exit) => (exit._tag === 'Success' ? Effect.void : Effect.ignore(database.run('ROLLBACK'))),
  )
