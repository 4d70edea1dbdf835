import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { agreements, kappa, mergeReviews, type Review } from '../../reviews/index.ts'

const review = (
  reviewer: string,
  decision: Review['decision'],
  after: Review['after'],
  more: Partial<Review> = {},
): Review => ({
  ...{ id: `${reviewer}-${more.at ?? 1}`, at: 1, reviewer, key: 'k', sample: 's', decision },
  ...{ before: [[1, 4]], after, note: null },
  ...more,
})
const of = (...reviews: ReadonlyArray<Review>) => {
  const byReviewer = new Map<string, Array<Review>>()
  for (const one of reviews) byReviewer.set(one.reviewer, [...(byReviewer.get(one.reviewer) ?? []), one])
  return byReviewer
}
const merged = (...reviews: ReadonlyArray<Review>) => mergeReviews(of(...reviews)).get('k')

describe('the rule over several reviewers', () => {
  it('is the majority of keeping and rejecting, in conflict where they are equal', () => {
    expect(merged(review('a', 'accept', [[1, 4]]))?.decision).toBe('accept')
    const two = [review('a', 'accept', [[1, 4]]), review('b', 'reject', null)]
    expect(merged(...two)).toMatchObject({ decision: 'conflict', windows: null })
    expect(merged(...two, review('c', 'reject', null))?.decision).toBe('reject')
    expect(merged(...two, review('c', 'repair', [[2, 4]]))?.decision).toMatch(/accept|repair/)
    expect(merged(review('a', 'note', null))).toBe(undefined)
  })

  it('takes the windows that the others are closest to, not the odd ones out', () => {
    expect(
      merged(
        review('a', 'repair', [[1, 3]]),
        review('b', 'repair', [[1.2, 3]]),
        review('c', 'repair', [[8, 9]], { at: 9 }),
      )?.windows,
    ).toEqual([[1, 3]])
  })

  const reviews = fc.uniqueArray(
    fc.record({
      reviewer: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
      decision: fc.constantFrom('accept' as const, 'reject' as const, 'repair' as const),
      start: fc.integer({ min: 0, max: 8 }),
      at: fc.integer({ min: 0, max: 3 }),
    }),
    { selector: ({ reviewer }) => reviewer, minLength: 1 },
  )
  const made = (
    rows: ReadonlyArray<{ reviewer: string; decision: Review['decision']; start: number; at: number }>,
  ) =>
    rows.map(({ reviewer, decision, start, at }) =>
      review(
        reviewer,
        decision,
        decision === 'reject' ? null : decision === 'accept' ? [[1, 4]] : [[start, start + 2]],
        { at },
      ),
    )

  it('depends on no order of reviewers, and gives windows that one of them gave', () =>
    fc.assert(
      fc.property(reviews, (rows) => {
        const forward = merged(...made(rows))
        expect(merged(...made(rows.toReversed()))).toEqual(forward)
        if (forward?.windows != null)
          expect(made(rows).map(({ after }) => JSON.stringify(after))).toContain(
            JSON.stringify(forward.windows),
          )
      }),
    ))
})

describe('agreement of two reviewers', () => {
  it('is Cohen’s kappa', () => {
    // 20 both yes, 5 and 10 on one side only, 15 both no: observed 0.7, by chance 0.5.
    const a = [...Array(25).fill(true), ...Array(25).fill(false)]
    const b = [
      ...Array(20).fill(true),
      ...Array(5).fill(false),
      ...Array(10).fill(true),
      ...Array(15).fill(false),
    ]
    expect(kappa(a, b)).toBeCloseTo(0.4, 12)
    expect(kappa([true, false], [true, false])).toBe(1)
    expect(kappa([true, true], [true, true])).toBe(null)
    expect(kappa([], [])).toBe(null)
  })

  it('is symmetric, and complete where both say the same', () =>
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), fc.boolean()), { minLength: 1 }), (pairs) => {
        const [a, b] = [pairs.map(([one]) => one), pairs.map(([, other]) => other)]
        const value = kappa(a, b)
        if (value === null) expect(kappa(b, a)).toBe(null)
        else expect(kappa(b, a)).toBeCloseTo(value, 12)
        if (value !== null) expect(value).toBeLessThanOrEqual(1)
        expect(kappa(a, a) ?? 1).toBe(1)
      }),
    ))

  it('compares the windows of samples that both keep only', () => {
    const other = { key: 'l' }
    const [one] = agreements(
      of(
        review('ada', 'accept', [[0, 2]]),
        review('bob', 'repair', [[0, 4]]),
        review('ada', 'reject', null, other),
        review('bob', 'accept', [[0, 4]], other),
        review('bob', 'accept', [[0, 4]], { key: 'only bob' }),
      ),
    )
    expect(one).toEqual({ a: 'ada', b: 'bob', samples: 2, setIou: 0.5, kappa: 0, agreed: 0.5 })
  })
})
