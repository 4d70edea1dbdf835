import { mean, Windows } from '../core/index.ts'
import { latestByKey, type Review } from './entry.ts'

/** How far two reviewers agree on the samples that both decided about. */
export interface Agreement {
  readonly a: string
  readonly b: string
  readonly samples: number
  /** Mean IoU of their windows as sets of time, over samples that both keep; null where there are none. */
  readonly setIou: number | null
  /** Cohen's kappa of keeping against rejecting; null where chance alone would always agree. */
  readonly kappa: number | null
  /** Share of samples that both keep or both reject. */
  readonly agreed: number
}

/**
 * Cohen's kappa of two lists of yes and no: (observed - expected) / (1 - expected), where `expected` is the agreement by
 * chance of two who say yes as often as these. Null where that is 1.
 */
export const kappa = (a: ReadonlyArray<boolean>, b: ReadonlyArray<boolean>): number | null => {
  const share = (count: number) => count / a.length
  const observed = share(a.filter((one, i) => one === b[i]).length)
  const yesA = share(a.filter((one) => one).length)
  const yesB = share(b.filter((one) => one).length)
  const expected = yesA * yesB + (1 - yesA) * (1 - yesB)
  return a.length === 0 || expected === 1 ? null : (observed - expected) / (1 - expected)
}

/** The agreement of every two reviewers who have samples in common, by name. */
export const agreements = (reviews: ReadonlyMap<string, ReadonlyArray<Review>>): ReadonlyArray<Agreement> => {
  const names = [...reviews.keys()].toSorted()
  const decided = new Map(names.map((name) => [name, latestByKey(reviews.get(name)!)]))
  return names.flatMap((a, index) =>
    names.slice(index + 1).flatMap((b): ReadonlyArray<Agreement> => {
      const pairs = [...decided.get(a)!].flatMap(([key, mine]) => {
        const theirs = decided.get(b)!.get(key)
        return theirs === undefined ? [] : [[mine, theirs] as const]
      })
      if (pairs.length === 0) return []
      const kept = (side: 0 | 1) => pairs.map((pair) => pair[side].decision !== 'reject')
      const both = pairs.filter(
        ([mine, theirs]) => mine.decision !== 'reject' && theirs.decision !== 'reject',
      )
      const ious = both.map(([mine, theirs]) => Windows.setIou(mine.after ?? [], theirs.after ?? []))
      const same = kept(0).filter((one, i) => one === kept(1)[i]).length
      return [
        {
          ...{ a, b, samples: pairs.length, agreed: same / pairs.length },
          setIou: ious.length === 0 ? null : mean(ious),
          kappa: kappa(kept(0), kept(1)),
        },
      ]
    }),
  )
}
