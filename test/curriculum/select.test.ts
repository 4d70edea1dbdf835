import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { mean, random, type Window } from '../../core/index.ts'
import {
  apportion,
  bandOf,
  budget,
  type Candidate,
  curriculumKeys,
  defaultBounds,
  defaultSelection,
  draw,
  easeByKey,
  rescore,
  type Sampler,
  samplerOrders,
  select,
  selectionMethods,
  startSampler,
} from '../../curriculum/index.ts'

const unit = fc.double({ min: 0, max: 1, noNaN: true })
const pool = fc.array(fc.tuple(unit, unit, unit), { maxLength: 60 }).map((rows) =>
  rows.map(
    ([iou, start, length], i): Candidate => ({
      id: `s${i}`,
      iou,
      windows: [[start * 10, start * 10 + length * 5] as Window],
      duration: 16,
    }),
  ),
)
const settings = fc.record({
  method: fc.constantFrom(...selectionMethods),
  key: fc.constantFrom(...curriculumKeys),
  share: unit,
  seed: fc.integer({ min: 0, max: 99 }),
})

describe('select', () => {
  it('meets its budget exactly, without repetition, whatever the order of the pool', () => {
    fc.assert(
      fc.property(pool, settings, fc.integer(), (candidates, options, order) => {
        const selection = { ...defaultSelection, ...options }
        const chosen = select(candidates, selection)
        expect(chosen.length).toBe(budget(candidates.length, selection))
        expect(new Set(chosen).size).toBe(chosen.length)
        expect(select(random(order).shuffle(candidates), selection)).toEqual(chosen)
      }),
    )
  })

  it('takes hard samples as TimeLens2 does: twice as wrong, four times as likely', () => {
    // Two thirds of the pool have a mean IoU of 0.8, one third of 0.6: weights 0.04 and 0.16.
    const candidates = Array.from(
      { length: 9000 },
      (_, i): Candidate => ({ id: `s${i}`, iou: i % 3 === 0 ? 0.6 : 0.8, windows: [], duration: 1 }),
    )
    const chosen = new Set(select(candidates, { ...defaultSelection, method: 'hard-squared', share: 0.02 }))
    const hard = candidates.filter(({ id, iou }) => chosen.has(id) && iou === 0.6).length
    expect(hard / chosen.size).toBeGreaterThan(0.58)
    expect(hard / chosen.size).toBeLessThan(0.76)
    const solved = candidates.map((one) => ({ ...one, iou: 1 }))
    expect(select(solved, { ...defaultSelection, method: 'hard-squared', count: 5 })).toHaveLength(5)
  })

  it('gives a selection that follows the Gaussian whatever the pool is like, as TimeLens does', () => {
    // Nine tenths of the pool are easy; a plain Gaussian on a broad centre takes mostly those.
    const candidates = Array.from(
      { length: 20_000 },
      (_, i): Candidate => ({
        id: `s${i}`,
        iou: i % 10 === 0 ? (i / 20_000) * 0.5 : 0.5 + (i / 20_000) * 0.5,
        windows: [],
        duration: 1,
      }),
    )
    const ious = new Map(candidates.map(({ id, iou }) => [id, iou]))
    const meanOf = (method: 'gaussian' | 'gaussian-balanced') => {
      const ids = select(candidates, { ...defaultSelection, method, mean: 0.5, deviation: 0.3, count: 300 })
      return mean(ids.map((id) => ious.get(id)!))
    }
    expect(meanOf('gaussian')).toBeGreaterThan(0.6)
    expect(Math.abs(meanOf('gaussian-balanced') - 0.5)).toBeLessThan(0.05)
  })

  it('prefers the Gaussian centre', () => {
    const candidates = Array.from(
      { length: 2000 },
      (_, i): Candidate => ({
        id: `s${i}`,
        iou: i / 2000,
        windows: [],
        duration: 1,
      }),
    )
    const ids = new Set(select(candidates, defaultSelection))
    const mean = candidates.filter(({ id }) => ids.has(id)).reduce((sum, { iou }) => sum + iou, 0) / ids.size
    // The density cut at 0 and 1 has mean 0.327.
    expect(Math.abs(mean - 0.33)).toBeLessThan(0.04)
  })

  it('refuses repeated ids', () => {
    const one: Candidate = { id: 'a', iou: 0, windows: [], duration: 1 }
    expect(() => select([one, one], defaultSelection)).toThrow('repeat')
  })
})

describe('apportion', () => {
  it('gives out everything that fits and never more than a limit', () => {
    fc.assert(
      fc.property(
        fc.nat(100),
        fc.array(fc.tuple(unit, fc.nat(40)), { minLength: 1, maxLength: 4 }),
        (total, parts) => {
          const limits = parts.map(([, limit]) => limit)
          const counts = apportion(
            total,
            parts.map(([weight]) => weight),
            limits,
          )
          for (const [i, n] of counts.entries()) expect(n).toBeLessThanOrEqual(limits[i]!)
          expect(counts.reduce((sum, n) => sum + n, 0)).toBe(
            Math.min(
              total,
              limits.reduce((sum, n) => sum + n, 0),
            ),
          )
        },
      ),
    )
    expect(apportion(10, [0.2, 0.5, 0.3], [99, 99, 99])).toEqual([2, 5, 3])
    expect(apportion(10, [0.2, 0.5, 0.3], [99, 1, 99])).toEqual([4, 1, 5])
    expect(apportion(10, [1e308, 1e308, 0], [99, 99, 99])).toEqual([5, 5, 0])
  })
})

describe('difficulty', () => {
  it('has bands at 0.3 and 0.7, and ranks spans within the pool', () => {
    expect([0.29, 0.3, 0.7, 0.71].map((difficulty) => bandOf(difficulty, defaultBounds))).toEqual([
      'easy',
      'medium',
      'medium',
      'hard',
    ])
    const candidates = [1, 2, 2, 4].map(
      (end, i): Candidate => ({
        id: `s${i}`,
        iou: 0.5,
        windows: [[0, end]],
        duration: 10 - end,
      }),
    )
    expect([...easeByKey(candidates, 'span').values()]).toEqual([0.125, 0.5, 0.5, 0.875])
  })
})

describe('sampler', () => {
  const sampler = (order: Sampler['order'], size: number): Sampler => {
    const ids = Array.from({ length: size }, (_, i) => `s${i}`)
    return { ids, order, ease: new Map(ids.map((id, i) => [id, i / size])), seed: 7, solvedAbove: 0.7 }
  }

  it('continues from a stored state exactly, and visits every sample once an epoch', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...samplerOrders),
        fc.integer({ min: 1, max: 20 }),
        fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 1, maxLength: 12 }),
        (order, size, counts) => {
          const source = sampler(order, size)
          let straight = startSampler(source)
          let stored = straight
          const seen: Array<string> = []
          for (const count of counts) {
            const a = draw(source, straight, count)
            const b = draw(source, JSON.parse(JSON.stringify(stored)), count)
            expect(b).toEqual(a)
            expect(new Set(a.ids).size).toBe(a.ids.length)
            expect(a.ids.length).toBe(Math.min(count, size))
            straight = a.state
            stored = b.state
            seen.push(...a.ids)
          }
          if (seen.length >= size && counts.every((count) => size % count === 0))
            expect(new Set(seen.slice(0, size)).size).toBe(size)
        },
      ),
    )
  })

  it('orders by ease and leaves solved samples out of later epochs', () => {
    const source = sampler('hard-first', 4)
    const first = draw(source, startSampler(source), 4)
    expect(first.ids).toEqual(['s0', 's1', 's2', 's3'])
    const second = draw(source, rescore(first.state, { s0: 0.9, s1: 0.6 }), 3)
    expect(second.ids).toEqual(['s2', 's1', 's3'])
    expect(() => startSampler({ ...source, ids: [] })).toThrow('no samples')
  })
})
