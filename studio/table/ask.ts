import { Duration, Effect, Fiber, Stream } from 'effect'
import { firstIssue, type InputError, type Json } from '../../core/index.ts'
import { mergeReviews, readReviews } from '../../reviews/index.ts'
import type { SelectedColumn, StoreError } from '../../store/index.ts'
import { type View, viewSchema } from '../api/index.ts'
import type { FoundRun } from '../discovery/find.ts'
import type { Question } from '../server/question.ts'
import { Refusal, refusal } from '../server/refusal.ts'
import { runOf, type Studio } from '../studio.ts'
import type { Snapshot } from './snapshot.ts'
import { type Clauses, clausesOf } from './sql.ts'
import { checkWhere } from './where.ts'

/** A query may take this long. */
const patience = Duration.seconds(15)

const late = refusal(503, 'the query took longer than 15 s', 'use a simpler condition')

/** The `view` parameter of a request; all defaults where it is absent. */
export const viewOf = (query: URLSearchParams): Effect.Effect<View, Refusal> => {
  const text = query.get('view') ?? '{}'
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return Effect.fail(refusal(400, 'view: is not JSON'))
  }
  const parsed = viewSchema.safeParse(json)
  if (parsed.success) return Effect.succeed(parsed.data)
  return Effect.fail(refusal(400, `view: ${firstIssue(parsed.error)}`))
}

/** A whole number of a request within bounds. */
export const numberOf = (
  query: URLSearchParams,
  name: string,
  byDefault: number,
  [least, most]: readonly [number, number],
): Effect.Effect<number, Refusal> => {
  const value = Number(query.get(name) ?? byDefault)
  return Number.isInteger(value) && value >= least && value <= most
    ? Effect.succeed(value)
    : Effect.fail(refusal(400, `${name}: is not a whole number from ${least} to ${most}`))
}

export interface Table {
  readonly snapshot: Snapshot
  readonly clauses: Clauses
  /** Runs one SELECT on a connection of its own, within the time allowed. */
  readonly rows: (
    sql: string,
  ) => Effect.Effect<
    { readonly columns: ReadonlyArray<SelectedColumn>; readonly rows: ReadonlyArray<ReadonlyArray<Json>> },
    Refusal | InputError | StoreError
  >
}

/**
 * Waits for work as long as a query may take. Work that is given up is told to stop and is not waited for: some functions
 * of DuckDB hear of it only at their end.
 */
export const inTime = <A, E>(
  work: Effect.Effect<A, E>,
  duration: Duration.Input = patience,
): Effect.Effect<A, E | Refusal> =>
  Effect.flatMap(Effect.forkDetach(work), (fiber) =>
    Fiber.join(fiber).pipe(
      Effect.timeoutOrElse({ duration, orElse: () => Effect.fail(late) }),
      Effect.ensuring(Effect.sync(() => fiber.interruptUnsafe())),
    ),
  )

/** One SELECT on a snapshot. */
export const selectFrom = (snapshot: Snapshot, sql: string) =>
  Effect.gen(function* () {
    const connection = yield* snapshot.database.fork
    const selected = yield* connection.select(sql)
    const groups = yield* Stream.runCollect(selected.rows)
    return { columns: selected.columns, rows: groups.flat() }
  }).pipe(Effect.scoped, inTime)

/** Whether a view shows the samples in the order of the run. */
const isPlain = ({ relation, filters, where, sort }: View): boolean =>
  relation === 'samples' && filters.length + sort.length === 0 && where === null

/**
 * The present table of a view: checked, and ready for queries.
 *
 * @param rows how many rows of a plain view are enough
 * @param needed columns that its queries name; those of reviews are joined only where they are
 */
export const openTable = Effect.fn('Studio.openTable')(function* (
  studio: Studio,
  run: FoundRun,
  view: View,
  {
    rows = Number.POSITIVE_INFINITY,
    needed = [],
  }: { readonly rows?: number; readonly needed?: ReadonlyArray<string> } = {},
) {
  if (run.kind !== 'curation') return yield* refusal(404, 'this run holds no verdicts')
  const snapshot = yield* studio.snapshots.of(run, isPlain(view) ? rows : Number.POSITIVE_INFINITY)
  const { where } = view
  // On a connection of its own: a request that is given up stops what runs on its connection, whosever it is.
  if (where !== null)
    yield* Effect.scoped(Effect.flatMap(snapshot.database.fork, (own) => checkWhere(own, where)))
  const reviews = [...mergeReviews(yield* readReviews(run.path)).values()]
  const clauses = clausesOf(view, reviews, needed)
  if (clauses instanceof Refusal) return yield* clauses
  return { snapshot, clauses, rows: (sql) => selectFrom(snapshot, sql) } satisfies Table
})

/** The run and the view that a request names. */
export const askedView = Effect.fnUntraced(function* (studio: Studio, { params, query }: Question) {
  const run = yield* runOf(studio, params.run ?? '')
  return { run, view: yield* viewOf(query) }
})
