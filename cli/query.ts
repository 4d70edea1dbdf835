import { Console, Effect, Option, Stdio, Stream } from 'effect'
import { Argument, Command, Flag } from 'effect/cli'
import { InputError } from '../core/index.ts'
import { type Format, formatRows, limitRows } from '../pipelines/query/format.ts'
import { runQuery } from '../pipelines/query.ts'
import { relations } from '../store/index.ts'
import { dataset, runOf } from './dataset.ts'
import { json, madeRun, print, whole } from './flags.ts'

/** Default number of rows of a table for people. */
const shown = 100

/** The documentation of every table and view, derived from their definitions. */
const schemaLines = (): ReadonlyArray<string> =>
  relations.flatMap(({ kind, name, comment, columns }) => {
    const width = Math.max(...Object.keys(columns).map((column) => column.length))
    return [
      `${name} (${kind}): ${comment}`,
      ...Object.entries(columns).map(
        ([column, about]) => `  ${column.padEnd(width)}  ${about.type.padEnd(10)}  ${about.comment}`,
      ),
      '',
    ]
  })

/** Writes to standard output; a reader that closes the pipe early (`| head`) is not an error. */
const write = Effect.fnUntraced(
  function* (pieces: Stream.Stream<string, InputError>) {
    const stdio = yield* Stdio.Stdio
    yield* Stream.run(pieces, stdio.stdout({ endOnDone: false }))
  },
  Effect.catchTag('PlatformError', (error) =>
    String(error.reason.cause).includes('EPIPE') ? Effect.void : Effect.die(error),
  ),
)

export const query = Command.make(
  'query',
  {
    sql: Argument.String('SQL').pipe(Argument.withDescription('one SELECT statement'), Argument.optional),
    run: madeRun('that of the dataset below runs/'),
    dataset,
    json,
    csv: Flag.Boolean('csv').pipe(Flag.withDescription('print CSV with a header'), Flag.withDefault(false)),
    markdown: Flag.Boolean('markdown').pipe(
      Flag.withDescription('print a Markdown table'),
      Flag.withDefault(false),
    ),
    limit: whole(
      'limit',
      `maximum number of rows, 0 for all; default ${shown}, and all with --json and --csv`,
    ),
    schema: Flag.Boolean('schema').pipe(
      Flag.withDescription('list the tables and views with their columns'),
      Flag.withDefault(false),
    ),
  },
  Effect.fn(function* (input) {
    if (input.schema) return yield* print(input.json, { relations }, schemaLines())
    const formats = (['json', 'csv', 'markdown'] as const).filter((name) => input[name])
    if (formats.length > 1)
      return yield* new InputError({
        subject: formats.map((name) => `--${name}`).join(' '),
        problem: 'cannot be combined',
        remedy: 'use one of them',
      })
    if (Option.isNone(input.sql))
      return yield* new InputError({
        subject: 'spanwise query',
        problem: 'no SQL is given',
        remedy: 'write it as one quoted argument, or use --schema to list tables and views',
      })
    const sql = input.sql.value
    const format: Format = formats[0] ?? 'table'
    const folder = yield* runOf(input)
    const limit = Option.getOrElse(input.limit, () => (format === 'json' || format === 'csv' ? 0 : shown))
    yield* Effect.scoped(
      Effect.gen(function* () {
        const { source, because, ...selected } = yield* runQuery(folder, sql)
        const rows = limitRows(selected, limit)
        if (because !== null && format !== 'json') yield* Console.error(`from the part files: ${because}`)
        yield* write(formatRows(format, rows, { source, because }))
        if (rows.more() && format !== 'json')
          yield* Console.error(`the first ${limit} rows; --limit 0 gives all`)
      }),
    )
  }),
).pipe(
  Command.withDescription('Query the verdicts and curations of a run with SQL, read-only'),
  Command.withExamples([
    {
      command:
        'spanwise query "SELECT band, count(*) FROM difficulty_estimation GROUP BY band" --dataset shapes',
      description: 'how many samples are easy, medium and hard',
    },
    {
      command: 'spanwise query "FROM failures" --run runs/charades --csv',
      description: 'every sample that an agent could not process, and the reason',
    },
    { command: 'spanwise query --schema', description: 'the tables and views, with every column' },
  ]),
)
