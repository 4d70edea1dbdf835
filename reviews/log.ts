import { open } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { Effect } from 'effect'
import { firstIssue, InputError } from '../core/index.ts'
import { appendRows, listFolder, makeFolder, readText, unlessAbsent } from '../files/index.ts'
import { type Entry, entrySchema, type Review, standing } from './entry.ts'

/** Folder of the logs in a run. */
export const reviewsFolder = (run: string): string => join(run, 'reviews')

/** Names of reviewers are names of files: no separators, and no dot first. */
export const isReviewer = (name: string): boolean => /^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,63}$/u.test(name)

const logOf = (run: string, reviewer: string): string => join(reviewsFolder(run), `${reviewer}.jsonl`)

/** The entries of a log. A line that is no JSON was cut off by a kill while it was written, and nobody was told it was kept. */
const readLog = Effect.fnUntraced(function* (path: string) {
  const entries: Array<Entry> = []
  for (const [index, line] of ((yield* readText(path)) ?? '').split('\n').entries()) {
    let json: unknown
    try {
      json = JSON.parse(line)
    } catch {
      continue
    }
    const parsed = entrySchema.safeParse(json)
    if (!parsed.success)
      return yield* new InputError({
        subject: `${path}:${index + 1}`,
        problem: firstIssue(parsed.error),
        remedy: 'restore the line, or remove it if the decision does not matter',
      })
    entries.push(parsed.data)
  }
  return entries
})

/** The standing decisions of every reviewer of a run, oldest first; none where nobody has decided. */
export const readReviews = Effect.fn('Reviews.read')(function* (run: string) {
  const reviews = new Map<string, ReadonlyArray<Review>>()
  for (const name of yield* listFolder(reviewsFolder(run)))
    if (name.endsWith('.jsonl'))
      reviews.set(basename(name, '.jsonl'), standing(yield* readLog(join(reviewsFolder(run), name))))
  return reviews
}) satisfies (run: string) => Effect.Effect<ReadonlyMap<string, ReadonlyArray<Review>>, InputError>

/** Whether a file ends within a line, as a kill may leave it. */
const isCut = (path: string): Effect.Effect<boolean> =>
  Effect.promise(async () => {
    const file = await unlessAbsent(open(path), null)
    if (file === null) return false
    try {
      const { size } = await file.stat()
      if (size === 0) return false
      const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1)
      return buffer[0] !== 0x0a
    } finally {
      await file.close()
    }
  })

const append = Effect.fnUntraced(function* (run: string, entry: Entry) {
  yield* makeFolder(reviewsFolder(run))
  const path = logOf(run, entry.reviewer)
  const cut = yield* isCut(path)
  yield* appendRows(path, [entry], undefined, cut)
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
