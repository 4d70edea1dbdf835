import { describe, expect, it } from '@effect/vitest'
import fc from 'fast-check'
import {
  type Counted,
  countSampler,
  cutOf,
  defaultCountSettings,
  draw,
  drawName,
  type Sampler,
  startSampler,
} from '../../curriculum/index.ts'

/** Few clips with many repetitions, as in real data. */
const skewed: ReadonlyArray<Counted> = Array.from({ length: 60 }, (_, i) => ({
  id: `v${i}`,
  count: 1 + Math.floor(12 * (i / 60) ** 4),
  cyclic: true,
}))
const edges = [0, 3, 6, 9]
const stratum = (count: number) => edges.findLastIndex((edge) => count >= edge)
const countOf = ({ id, cut }: ReturnType<ReturnType<typeof countSampler>>) =>
  cut === null ? skewed.find((one) => one.id === id)!.count : cut.last - cut.first + 1
const firstDraws = (sampler: ReturnType<typeof countSampler>, count: number) =>
  Array.from({ length: count }, (_, place) => sampler(place))

describe('Random Count Sampling', () => {
  it('meets every stratum equally often, where plain sampling meets few of the rare ones', () => {
    for (const subclips of [0, 0.5, 1]) {
      const drawn = firstDraws(countSampler(skewed, { edges, subclips }, 3), 400).map(countOf)
      for (const at of edges.keys()) expect(drawn.filter((count) => stratum(count) === at)).toHaveLength(100)
    }
    expect(skewed.filter(({ count }) => count >= 6).length / 60).toBeLessThan(0.25)
  })

  it('is a pure function of seed and place', () => {
    const sampler = countSampler(skewed, { edges, subclips: 0.5 }, 3)
    const drawn = firstDraws(sampler, 50)
    expect(drawn.toReversed()).toEqual(Array.from({ length: 50 }, (_, i) => sampler(49 - i)))
    expect(firstDraws(countSampler(skewed, { edges, subclips: 0.5 }, 3), 50)).toEqual(drawn)
    expect(firstDraws(countSampler(skewed, { edges, subclips: 0.5 }, 4), 50)).not.toEqual(drawn)
  })

  it('shows each clip of a stratum before it shows one again', () => {
    const drawn = firstDraws(countSampler(skewed, { edges, subclips: 0 }, 1), 400).filter(
      (one) => stratum(countOf(one)) === 1,
    )
    const clips = skewed.filter(({ count }) => stratum(count) === 1).length
    expect(new Set(drawn.slice(0, clips).map(({ id }) => id)).size).toBe(clips)
  })

  it('cuts whole repetitions out of longer clips for strata that have no clip, and only out of annotated ones', () => {
    const long = [
      { id: 'a', count: 12, cyclic: true },
      { id: 'b', count: 11, cyclic: false },
    ]
    const drawn = firstDraws(countSampler(long, { edges: [0, 3, 6, 9, 20], subclips: 0.5 }, 0), 80)
    for (const { id, cut } of drawn)
      if (cut !== null) {
        expect(id).toBe('a')
        expect(cut.first).toBeGreaterThanOrEqual(1)
        expect(cut.last).toBeLessThanOrEqual(12)
      }
    // Nothing has 20 repetitions; each other stratum is a quarter.
    expect(drawn.filter(({ cut }) => cut !== null && cut.last - cut.first < 2)).toHaveLength(20)
    const whole = firstDraws(countSampler(long, { edges: [0, 3, 6, 9], subclips: 0 }, 0), 20)
    expect(whole.every(({ cut }) => cut === null)).toBe(true)
  })

  it('names a draw so that it can be found again', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 300 }), fc.nat(300), (id, first, more) => {
        const cut = { first, last: first + more }
        expect(cutOf(drawName({ id, cut }))).toEqual({ id, cut })
      }),
    )
    expect(cutOf('repcount/train/v1')).toBe(null)
    expect(drawName({ id: 'v1', cut: null })).toBe('v1')
  })
})

describe('a sampler in the order random-count', () => {
  const sampler: Sampler = {
    ids: skewed.map(({ id }) => id),
    order: 'random-count',
    ease: new Map(),
    seed: 5,
    solvedAbove: 1,
    counts: countSampler(skewed, { ...defaultCountSettings, edges }, 5),
  }

  it('draws batches without repetitions, the same from any state in between', () => {
    let state = startSampler(sampler)
    const batches: Array<ReadonlyArray<string>> = []
    for (let step = 0; step < 10; step++) {
      const drawn = draw(sampler, state, 8)
      expect(new Set(drawn.ids).size).toBe(8)
      expect(draw(sampler, JSON.parse(JSON.stringify(state)), 8)).toEqual(drawn)
      batches.push(drawn.ids)
      state = drawn.state
    }
    expect(state.position).toBeGreaterThanOrEqual(80)
    expect(new Set(batches.map(String)).size).toBe(10)
  })

  it('returns a smaller batch where there is too little to draw', () => {
    const two = skewed.slice(0, 2).map((one) => ({ ...one, cyclic: false }))
    const small = { ...sampler, ids: ['v0', 'v1'], counts: countSampler(two, { edges, subclips: 1 }, 0) }
    expect(draw(small, startSampler(small), 5).ids.toSorted()).toEqual(['v0', 'v1'])
  })
})
