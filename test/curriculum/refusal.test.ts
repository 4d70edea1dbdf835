import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { random, type Sample, type Window, Windows } from '../../core/index.ts'
import { refusalsOf } from '../../curriculum/index.ts'

const sample = (
  id: string,
  query: string,
  windows: ReadonlyArray<Window> | null,
  file = 'v.mp4',
): Sample => ({
  ...{ id, dataset: 'd', split: 'train', task: 'grounding', video: 'v', file },
  ...{ duration: 20, query, windows },
})

const window = fc
  .tuple(fc.integer({ min: 0, max: 19 }), fc.integer({ min: 0, max: 8 }))
  .map(([start, length]): Window => [start, Math.min(20, start + length)])
const samples = fc
  .array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.array(window, { maxLength: 3 })), { maxLength: 6 })
  .map((rows) => rows.map(([query, windows], index) => sample(String(index), query, windows)))

describe('refusals', () => {
  it('ask about what the part does not show, of a part that shows something else', () => {
    const made = refusalsOf(
      [
        sample('wave', 'she waves', [[2, 5]]),
        sample('jump', 'she jumps', [[12, 16]]),
        sample('other', 'a dog', [[0, 20]], 'w.mp4'),
      ],
      { seed: 1 },
    )
    expect(made.map(({ sample: { id, windows }, part, shows }) => [id, windows, part, shows])).toEqual([
      ['wave', [], [6, 20], 'jump'],
      ['jump', [], [0, 11], 'wave'],
    ])
  })

  it('know a query again that is written otherwise', () => {
    const rows = [sample('1', 'She waves.', [[2, 5]]), sample('2', ' she  waves', [[12, 16]])]
    expect(refusalsOf(rows, { seed: 1 })).toEqual([])
    const [first] = refusalsOf([...rows, sample('3', 'she jumps', [[7, 9]])], { seed: 1 })
    expect([first?.part, first?.shows]).toEqual([[6, 11], '3'])
  })

  it('keep clear of every window of the query, in other rows too, whatever the order', () => {
    fc.assert(
      fc.property(samples, fc.integer({ min: 0, max: 99 }), (all, seed) => {
        const made = refusalsOf(all, { seed, margin: 1, least: 2 })
        for (const { sample: asked, part, shows } of made) {
          const holds = all.filter(({ query }) => query === asked.query).flatMap(({ windows }) => windows!)
          const other = all.find(({ id }) => id === shows)!
          expect(Windows.intersection(Windows.pad(holds, 1, [0, 20]), [part])).toBe(0)
          expect(other.query).not.toBe(asked.query)
          expect(other.windows!.some((one) => Windows.overlap(one, part) * 2 >= Windows.length(one))).toBe(
            true,
          )
          expect(Windows.length(part)).toBeGreaterThanOrEqual(2)
        }
        const shuffled = refusalsOf(random(seed).shuffle(all), { seed })
        const byId = (list: typeof made) => list.toSorted((a, b) => (a.sample.id < b.sample.id ? -1 : 1))
        expect(byId(shuffled)).toEqual(byId(made))
      }),
    )
  })

  it('come of no query that is unannotated, never holds, or has no duration', () => {
    const jump = sample('jump', 'she jumps', [[12, 16]])
    const unfit = [
      sample('n', 'x', null),
      sample('e', 'y', []),
      { ...sample('d', 'z', [[2, 3]]), duration: null },
    ]
    expect(refusalsOf([jump, ...unfit], { seed: 1 }).map(({ sample: { id } }) => id)).toEqual(['jump'])
  })
})
