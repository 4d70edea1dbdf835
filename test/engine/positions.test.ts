import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { architectures } from '../../engine/architectures/index.ts'
import { published } from './published.ts'

const clips = fc.array(
  fc.record({
    grid: fc.tuple(
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 4 }).map((rows) => 2 * rows),
      fc.integer({ min: 1, max: 4 }).map((columns) => 2 * columns),
    ),
    secondsPerPair: fc.double({ min: 0.1, max: 20, noNaN: true }),
    words: fc.integer({ min: 1, max: 5 }),
  }),
  { minLength: 1, maxLength: 3 },
)

describe.each(['qwen3_vl', 'qwen2_5_vl', 'qwen2_vl'] as const)('positions of %s', (type) => {
  const model = architectures[type].model.parse(published[type])
  const { video } = model.tokens
  /** A word, then for each clip its tokens (with a word before every pair where these are runs) and words. */
  const idsOf = (all: ReadonlyArray<{ grid: readonly [number, number, number]; words: number }>) => [
    1,
    ...all.flatMap(({ grid: [t, h, w], words }) => {
      const pair = Array<number>((h * w) / 4).fill(video)
      const seen = Array.from({ length: t }, () => (model.enclosed ? [1, ...pair] : pair)).flat()
      return [...seen, ...Array<number>(words).fill(1)]
    }),
  ]

  test('of text are the same on all axes and count on, by either convention', () => {
    fc.assert(
      fc.property(clips, fc.constantFrom('transformers' as const, 'vllm' as const), (all, convention) => {
        const ids = idsOf(all)
        const positions = model.positions(ids, all, convention)
        const axis = (number: number) => positions.subarray(number * ids.length, (number + 1) * ids.length)
        const [time, height, width] = [axis(0), axis(1), axis(2)]
        let highest = -1
        ids.forEach((id, i) => {
          if (id !== video) {
            expect([height[i], width[i]]).toEqual([time[i], time[i]])
            if (i > 0 && ids[i - 1] !== video) expect(time[i]).toBe(time[i - 1]! + 1)
            if (convention === 'vllm') expect(time[i]).toBe(highest + 1)
          }
          highest = Math.max(highest, time[i]!, height[i]!, width[i]!)
        })
      }),
    )
  })

  test('of a prompt do not depend on what follows it', () => {
    fc.assert(
      fc.property(clips, (all) => {
        const ids = idsOf(all)
        const longer = model.positions([...ids, 1, 1], all)
        const prompt = model.positions(ids, all)
        for (let axis = 0; axis < 3; axis++) {
          const start = axis * (ids.length + 2)
          expect([...longer.subarray(start, start + ids.length)]).toEqual([
            ...prompt.subarray(axis * ids.length, (axis + 1) * ids.length),
          ])
        }
      }),
    )
  })
})
