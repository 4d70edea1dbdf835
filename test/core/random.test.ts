import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { random, restore } from '../../core/index.ts'

describe('random', () => {
  it('is fixed by its seed parts, and a stored state continues the stream', () => {
    fc.assert(
      fc.property(fc.integer(), fc.string(), fc.integer({ min: 0, max: 50 }), (seed, name, skip) => {
        const one = random(seed, name)
        const two = random(seed, name)
        for (let i = 0; i < skip; i++) expect(one.next()).toBe(two.next())
        const three = restore(one.state())
        expect([one.next(), one.int(0, 9), one.normal()]).toEqual([
          three.next(),
          three.int(0, 9),
          three.normal(),
        ])
      }),
    )
  })

  it('separates its parts: ("a", "b") is not ("ab")', () => {
    expect(random('a', 'b').next()).not.toBe(random('ab').next())
  })

  it('gives fixed values on every machine', () => {
    const r = random(7, 'spanwise')
    expect([r.int(0, 1e6), r.int(0, 1e6), r.int(0, 1e6)]).toMatchInlineSnapshot(`
      [
        533676,
        641929,
        457130,
      ]
    `)
  })

  it('has the moments it promises', () => {
    const r = random(1)
    const draws = Array.from({ length: 20_000 }, () => r.normal(3, 2))
    const mean = draws.reduce((a, b) => a + b) / draws.length
    const variance = draws.reduce((a, b) => a + (b - mean) ** 2, 0) / draws.length
    expect(Math.abs(mean - 3)).toBeLessThan(0.06)
    expect(Math.abs(variance - 4)).toBeLessThan(0.2)
  })

  it('shuffles into a permutation', () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), fc.integer(), (items, seed) => {
        expect(
          random(seed)
            .shuffle(items)
            .toSorted((a, b) => a - b),
        ).toEqual(items.toSorted((a, b) => a - b))
      }),
    )
  })
})
