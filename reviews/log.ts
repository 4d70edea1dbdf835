import { basename, join } from 'node:path'
import { Effect } from 'effect'
import type { InputError } from '../core/index.ts'
import { appendRows, dropIncompleteRow, listFolder, makeFolder, readRows } from '../files/index.ts'
import { type Entry, entrySchema, type Review, standing } from './entry.ts'

/** Folder of the logs in a run. */
const reviewsFolder = (run: string): string => join(run, 'reviews')

/** Names of reviewers are names of files: no separators, and no dot first or last. */
export const isReviewer = (name: string): boolean =>
  name.length <= 64 && /^[\p{L}\p{N}]([\p{L}\p{M}\p{N} ._-]*[\p{L}\p{M}\p{N}_-])?$/u.test(name)

const logOf = (run: string, reviewer: string): string => join(reviewsFolder(run), `${reviewer}.jsonl`)

const remedy = 'restore the line, or remove it if the decision does not matter'

const readLog = (path: string) => readRows(path, entrySchema, remedy)

/** The standing decisions of every reviewer of a run, oldest first; none where nobody has decided. */
export const readReviews = Effect.fn('Reviews.read')(function* (run: string) {
  const reviews = new Map<string, ReadonlyArray<Review>>()
  for (const name of yield* listFolder(reviewsFolder(run)))
    if (name.endsWith('.jsonl'))
      reviews.set(basename(name, '.jsonl'), standing(yield* readLog(join(reviewsFolder(run), name))))
  return reviews
}) satisfies (run: string) => Effect.Effect<ReadonlyMap<string, ReadonlyArray<Review>>, InputError>

const append = Effect.fnUntraced(function* (run: string, entry: Entry) {
  yield* makeFolder(reviewsFolder(run))
  const path = logOf(run, entry.reviewer)
  yield* dropIncompleteRow(path)
  yield* appendRows(path, [entry])
})

/** Adds a decision to its reviewer's log. */
export const recordReview = (run: string, review: Review): Effect.Effect<void, InputError> =>
  append(run, review)

/**
 * Takes back the latest standing decision of a reviewer, of one sample where `key` is given; gives it, or null where
 * there is none. The log keeps both lines.
 */
export const undoReview = Effect.fn('Reviews.undo')(function* (
  run: string,
  reviewer: string,
  { id, at, key }: { readonly id: string; readonly at: number; readonly key?: string },
) {
  const mine = standing(yield* readLog(logOf(run, reviewer)))
  const last = mine.findLast((review) => key === undefined || review.key === key)
  if (last === undefined) return null
  yield* append(run, { id, at, reviewer, undoes: last.id })
  return last
})
