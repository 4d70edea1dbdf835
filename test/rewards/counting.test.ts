import { describe, expect, it } from '@effect/vitest'
import fc from 'fast-check'
import { catalogue } from '../../rewards/index.ts'
import { countAnswer, reasonedCount } from '../../tasks/index.ts'

const score = (name: string, text: string, count: number) =>
  catalogue[name]!(text, { task: 'counting', windows: [], duration: null, answer: String(count) })

const most = { count_hybrid: 1.5, count: 1, count_linear: 1, count_fixed: 1, count_exact: 1 } as const
const names = Object.keys(most) as ReadonlyArray<keyof typeof most>
const counts = fc.integer({ min: 0, max: 150 })

describe('rewards of counts', () => {
  it('stay in their range, are full for the true count, and never rise with the error', () => {
    fc.assert(
      fc.property(counts, counts, counts, (truth, a, b) => {
        const [near, far] = Math.abs(a - truth) <= Math.abs(b - truth) ? [a, b] : [b, a]
        for (const name of names) {
          const [better, worse] = [near, far].map((count) => score(name, countAnswer(count), truth))
          expect(better).toBeLessThanOrEqual(most[name])
          expect(worse).toBeGreaterThanOrEqual(0)
          expect(better).toBeGreaterThanOrEqual(worse! - 1e-12)
          expect(score(name, countAnswer(truth), truth)).toBe(most[name])
        }
      }),
    )
  })

  it('tolerate one off: half a point on top, whatever the count', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 150 }), (truth) => {
        expect(score('count_hybrid', countAnswer(truth + 1), truth)).toBeGreaterThan(0.5)
        expect(score('count_hybrid', countAnswer(truth - 1), truth)).toBeGreaterThan(0.5)
        expect(score('count_hybrid', countAnswer(truth + 2), truth)).toBeLessThan(1)
      }),
    )
  })

  it('compare the list with the answer: full where they agree, at most half elsewhere', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 0, max: 40 }), (listed, answered) => {
        const cycles = Array.from({ length: listed }, (_, i) => [i, i + 1] as const)
        const text = reasonedCount(cycles).replace(countAnswer(listed), countAnswer(answered))
        const value = score('count_interval', text, listed)
        if (listed === answered) expect(value).toBe(1)
        else expect(value).toBeLessThanOrEqual(0.5)
        expect(value).toBeGreaterThanOrEqual(0)
      }),
    )
    expect(score('count_interval', countAnswer(3), 3)).toBe(0)
    // `é` is a letter: this is no mark.
    expect(score('count_interval', `<think>prép rép1: 1-2, érep1: 1-2</think>${countAnswer(1)}`, 1)).toBe(0)
  })
})
