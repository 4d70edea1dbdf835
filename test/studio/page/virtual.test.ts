import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  barHeight,
  follow,
  type List,
  scrollTo,
  showRow,
  tallest,
  visibleRows,
} from '../../../studio/page/logic/virtual.ts'

const millions: List = { rows: 10_000_000, height: 30, view: 600 }

describe('a long table', () => {
  it('shows its first and last rows at the ends of the scroll bar, though no element is so high', () => {
    expect(barHeight(millions)).toBe(tallest)
    const start = follow(millions, { bar: 5000, top: 70_000 }, 0)
    expect(visibleRows(millions, start, 0)[0]).toBe(0)
    const end = follow(millions, start, tallest - 600)
    expect(visibleRows(millions, end, 0)[1]).toBe(10_000_000)
  })

  it('moves by pixels with the wheel and by share when the bar is dragged', () => {
    const middle = follow(millions, { bar: 0, top: 0 }, (tallest - 600) / 2)
    expect(visibleRows(millions, middle, 0)[0]).toBeCloseTo(5_000_000, -2)
    expect(follow(millions, middle, middle.bar + 90).top - middle.top).toBeCloseTo(90)
  })

  it('always has rows that fill the window', () => {
    fc.assert(
      fc.property(
        fc.record({
          rows: fc.nat(20_000_000),
          height: fc.integer({ min: 10, max: 60 }),
          view: fc.integer({ min: 50, max: 3000 }),
        }),
        fc.array(fc.double({ min: -100, max: tallest + 100, noNaN: true })),
        (list, bars) => {
          let at = { bar: 0, top: 0 }
          for (const bar of bars) {
            at = follow(list, at, bar)
            const [from, to] = visibleRows(list, at, 0)
            expect(from).toBeGreaterThanOrEqual(0)
            expect(to).toBeLessThanOrEqual(list.rows)
            if (list.rows * list.height >= list.view)
              expect((to - from) * list.height).toBeGreaterThanOrEqual(list.view - list.height)
          }
        },
      ),
    )
  })

  it('brings any row into the window', () => {
    fc.assert(
      fc.property(fc.nat(9_999_999), fc.nat(9_999_999), (first, row) => {
        const at = showRow(millions, scrollTo(millions, first * 30), row)
        const [from, to] = visibleRows(millions, at, 0)
        expect(row).toBeGreaterThanOrEqual(from)
        expect(row).toBeLessThan(to)
        expect(showRow(millions, at, row)).toEqual(at)
      }),
    )
  })
})
