import { randomUUID } from 'node:crypto'
import { Clock, Effect, Semaphore } from 'effect'
import type { z } from 'zod'
import { firstIssue, type Window, Windows } from '../../core/index.ts'
import {
  agreements,
  latestByKey,
  mergeReviews,
  type Review,
  readReviews,
  recordReview,
  undoReview,
} from '../../reviews/index.ts'
import { literal } from '../../store/index.ts'
import { type Decided, type Decisions, decideSchema, undoSchema } from '../api/index.ts'
import type { FoundRun } from '../discovery/find.ts'
import { unjudged, whereKey } from '../sample/places.ts'
import type { Question } from '../server/question.ts'
import { absent, refusal } from '../server/refusal.ts'
import { runOf, type Studio } from '../studio.ts'
import { selectFrom } from '../table/ask.ts'

const bodyOf = <A>({ body }: Question, schema: z.ZodType<A>) =>
  Effect.flatMap(body, (json) => {
    const parsed = schema.safeParse(json)
    if (parsed.success) return Effect.succeed(parsed.data)
    return Effect.fail(refusal(400, firstIssue(parsed.error)))
  })

const curationOf = Effect.fnUntraced(function* (studio: Studio, { params }: Question) {
  const run = yield* runOf(studio, params.run ?? '')
  return run.kind === 'curation' ? run : yield* absent('run with verdicts of that name')
})

/** What is decided about, as the verdicts have it. */
const subjectOf = Effect.fnUntraced(function* (studio: Studio, run: FoundRun, key: string) {
  const snapshot = yield* studio.snapshots.of(run)
  const columns = 'sample, windows, duration'
  const joined = yield* selectFrom(
    snapshot,
    `SELECT ${columns} FROM samples WHERE ${whereKey(snapshot, key)} LIMIT 1`,
  )
  // Agents that are not in `samples` judge samples too.
  const [row] =
    joined.rows.length > 0
      ? joined.rows
      : (yield* selectFrom(snapshot, `SELECT ${columns} FROM verdicts WHERE "key" = ${literal(key)} LIMIT 1`))
          .rows
  if (row === undefined) return yield* unjudged
  return {
    sample: String(row[0]),
    before: row[1] as unknown as ReadonlyArray<Window> | null,
    duration: row[2] === null ? Number.POSITIVE_INFINITY : Number(row[2]),
  }
})

/** The present state of one sample. */
const stateOf = Effect.fnUntraced(function* (run: FoundRun, key: string | null, reviewer: string) {
  const reviews = yield* readReviews(run.path)
  const mine = (reviews.get(reviewer) ?? []).filter((review) => review.key === key)
  return {
    key,
    decision: (key === null ? undefined : latestByKey(mine).get(key)) ?? mine.at(-1) ?? null,
    merged: (key === null ? undefined : mergeReviews(reviews).get(key)) ?? null,
  } satisfies Decided
})

/** Does the work of a post in its turn: two at once could end in either order. */
const inTurn = <A, E>(
  studio: Studio,
  { params }: Question,
  work: Effect.Effect<A, E>,
): Effect.Effect<A, E> => {
  const run = params.run ?? ''
  const turn = studio.turns.get(run) ?? Semaphore.makeUnsafe(1)
  if (studio.runs().has(run)) studio.turns.set(run, turn)
  return turn.withPermits(1)(work)
}

/** `POST /api/runs/:run/decisions`. */
export const decide = Effect.fn('Studio.decide')(
  function* (studio: Studio, question: Question) {
    const run = yield* curationOf(studio, question)
    const { reviewer, key, decision, windows, note = null } = yield* bodyOf(question, decideSchema)
    const { sample, before, duration } = yield* subjectOf(studio, run, key)
    const outside = Windows.misplaced(windows ?? [], duration)
    if (outside !== null) return yield* refusal(422, outside, 'move the window into the video')
    const inside = Windows.merge(Windows.clip(windows ?? [], [0, duration]))
    const after = decision === 'repair' ? inside : decision === 'reject' ? null : before
    const at = yield* Clock.currentTimeMillis
    yield* recordReview(run.path, {
      ...{ id: randomUUID(), at, reviewer, key, sample, decision, before, after, note },
    })
    return yield* stateOf(run, key, reviewer)
  },
  (work, studio, question) => inTurn(studio, question, work),
)

/** `POST /api/runs/:run/undo`. */
export const undo = Effect.fn('Studio.undo')(
  function* (studio: Studio, question: Question) {
    const run = yield* curationOf(studio, question)
    const { reviewer, key } = yield* bodyOf(question, undoSchema)
    const at = yield* Clock.currentTimeMillis
    const undone = yield* undoReview(run.path, reviewer, {
      ...{ id: randomUUID(), at },
      ...(key === undefined ? {} : { key }),
    })
    return yield* stateOf(run, undone?.key ?? null, reviewer)
  },
  (work, studio, question) => inTurn(studio, question, work),
)

/** Decisions that one answer holds. */
const listed = 1000

/** `GET /api/runs/:run/decisions`. */
export const decisions = Effect.fn('Studio.decisions')(function* (studio: Studio, question: Question) {
  const run = yield* curationOf(studio, question)
  const reviews = yield* readReviews(run.path)
  const key = question.query.get('key')
  const wanted = (one: { readonly key: string }) => key === null || one.key === key
  const shown = [...reviews.values()].flatMap((mine): ReadonlyArray<Review> => {
    const latest = latestByKey(mine)
    return mine.filter(
      (review) => wanted(review) && (review.decision === 'note' || latest.get(review.key) === review),
    )
  })
  const merged = [...mergeReviews(reviews).values()]
  const counts: Record<string, number> = {}
  for (const { decision } of merged) counts[decision] = (counts[decision] ?? 0) + 1
  return {
    decisions: shown.toSorted((a, b) => b.at - a.at).slice(0, listed),
    merged: merged.filter(wanted).slice(0, listed),
    counts,
    reviewers: [...reviews].map(([name, mine]) => ({ name, decisions: latestByKey(mine).size })),
    agreement: agreements(reviews),
  } satisfies Decisions
})
