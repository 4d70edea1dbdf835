import { z } from 'zod'

/**
 * accept: good as annotated · reject: not to be trained on · repair: good with other windows · note: a remark, which
 * decides nothing.
 */
export const decisionKinds = ['accept', 'reject', 'repair', 'note'] as const

const windows = z
  .array(z.tuple([z.number(), z.number()]).readonly())
  .readonly()
  .nullable()

const made = z.object({
  id: z.string(),
  /** Milliseconds since 1970. */
  at: z.number(),
  reviewer: z.string(),
  /** Content hash of the sample. */
  key: z.string(),
  sample: z.string(),
  decision: z.enum(decisionKinds),
  /** Windows as annotated; null where there is no annotation. */
  before: windows,
  /** Windows that are right; null where rejected. */
  after: windows,
  note: z.string().nullable(),
})
/** What one reviewer said of one sample at one time. */
export type Review = z.output<typeof made>

const undone = z.object({ id: z.string(), at: z.number(), reviewer: z.string(), undoes: z.string() })

/** One line of a reviewer's log: a decision, or that an earlier one is taken back. Nothing is ever changed in it. */
export const entrySchema = z.union([made, undone])
export type Entry = z.output<typeof entrySchema>

/** The decisions of one log that stand, oldest first. */
export const standing = (entries: ReadonlyArray<Entry>): ReadonlyArray<Review> => {
  const gone = new Set(entries.flatMap((entry) => ('undoes' in entry ? [entry.undoes] : [])))
  return entries.flatMap((entry) => ('undoes' in entry || gone.has(entry.id) ? [] : [entry]))
}

/** The latest of each sample, remarks apart; a decision that was taken back reveals the one before it. */
export const latestByKey = (reviews: ReadonlyArray<Review>): ReadonlyMap<string, Review> =>
  new Map(reviews.filter(({ decision }) => decision !== 'note').map((review) => [review.key, review]))
