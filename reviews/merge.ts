import { mean, type Window, Windows } from '../core/index.ts'
import { latestByKey, type Review } from './entry.ts'

/** What all reviewers together say of a sample. */
export interface Merged {
  readonly key: string
  /** `conflict`: as many reject it as keep it. */
  readonly decision: 'accept' | 'reject' | 'repair' | 'conflict'
  /** The right windows; null where rejected or in conflict, or where the sample has none. */
  readonly windows: ReadonlyArray<Window> | null
  /** Who decided, sorted. */
  readonly reviewers: ReadonlyArray<string>
}

const keeps = ({ decision }: Review): boolean => decision !== 'reject'

/** The windows that agree best with those of the others; the later decision of equals, then the name decides. */
const central = (keepers: ReadonlyArray<Review>): Review => {
  const scored = keepers.map((one) => {
    const others = keepers.filter((other) => other !== one)
    return { one, agrees: mean(others.map(({ after }) => Windows.setIou(one.after ?? [], after ?? []))) }
  })
  return scored.toSorted(
    (a, b) => b.agrees - a.agrees || b.one.at - a.one.at || (a.one.reviewer < b.one.reviewer ? -1 : 1),
  )[0]!.one
}

/**
 * The rule that makes one decision of several reviewers': a sample is kept (accepted or repaired) or rejected by the
 * majority, and is in conflict where the two are equal. Of those who keep it, the windows count whose mean set IoU with
 * the others' is the largest. The order of reviewers does not matter.
 */
export const mergeReviews = (
  reviews: ReadonlyMap<string, ReadonlyArray<Review>>,
): ReadonlyMap<string, Merged> => {
  const byKey = new Map<string, Array<Review>>()
  for (const mine of reviews.values())
    for (const [key, review] of latestByKey(mine)) byKey.set(key, [...(byKey.get(key) ?? []), review])
  return new Map(
    [...byKey].map(([key, all]): readonly [string, Merged] => {
      const reviewers = all.map(({ reviewer }) => reviewer).toSorted()
      const keepers = all.filter(keeps)
      if (keepers.length * 2 === all.length)
        return [key, { key, decision: 'conflict', windows: null, reviewers }]
      if (keepers.length * 2 < all.length) return [key, { key, decision: 'reject', windows: null, reviewers }]
      const { decision, after } = central(keepers)
      return [key, { key, decision: decision === 'repair' ? 'repair' : 'accept', windows: after, reviewers }]
    }),
  )
}
