import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Window } from '../../../core/index.ts'
import * as line from '../../../studio/page/logic/timeline.ts'

const number = (min: number, max: number) => fc.double({ min, max, noNaN: true })
const duration = number(0.05, 40_000)
const share = number(0, 1)

describe('the range of a time line', () => {
  it('stays in the video whatever is zoomed and panned', () => {
    fc.assert(
      fc.property(
        duration,
        fc.array(fc.record({ at: share, factor: number(0.01, 20), by: number(-1e5, 1e5) })),
        (length, moves) => {
          let range: Window = [0, length]
          for (const { at, factor, by } of moves) {
            const time = range[0] + at * (range[1] - range[0])
            range = line.pan(line.zoomAt(range, time, factor, length), by, length)
            expect(range[0]).toBeGreaterThanOrEqual(0)
            expect(range[1]).toBeLessThanOrEqual(length * (1 + 1e-12))
            expect(range[1] - range[0]).toBeGreaterThanOrEqual(Math.min(line.shortest, length) * 0.999)
          }
        },
      ),
    )
  })

  it('keeps what is under the pointer there when it zooms in', () => {
    fc.assert(
      fc.property(duration, share, number(0.1, 1), (length, at, factor) => {
        fc.pre(length > 10)
        const range: Window = [0, length]
        const time = at * length
        const zoomed = line.zoomAt(range, time, factor, length)
        expect(line.toX({ range: zoomed, width: 1000 }, time)).toBeCloseTo(at * 1000, 3)
      }),
    )
  })

  it('maps times to pixels and back', () => {
    fc.assert(
      fc.property(duration, share, fc.integer({ min: 1, max: 4000 }), (length, at, width) => {
        const scale = { range: [0, length] as const, width }
        expect(line.toTime(scale, line.toX(scale, at * length))).toBeCloseTo(at * length, 6)
      }),
    )
  })

  it('has marks far enough apart, all of them in it', () => {
    fc.assert(
      fc.property(duration, share, fc.integer({ min: 200, max: 3000 }), (length, at, width) => {
        const scale = { range: line.within([at * length, length], length), width }
        const marks = line.marks(scale)
        expect(marks.length).toBeLessThanOrEqual(width / 70 + 1)
        for (const mark of marks) {
          expect(mark).toBeGreaterThanOrEqual(scale.range[0] - 1e-5)
          expect(mark).toBeLessThanOrEqual(scale.range[1] + 1e-5)
        }
      }),
    )
  })

  it('follows the playhead only where it leaves', () => {
    expect(line.reveal([10, 20], 15, 60)).toEqual([10, 20])
    expect(line.reveal([10, 20], 25, 60)).toEqual([15, 25])
    expect(line.reveal([10, 20], 4, 60)).toEqual([4, 14])
    expect(line.reveal([10, 20], 60, 60)).toEqual([50, 60])
  })
})

describe('times as text', () => {
  it('are as on a clock', () => {
    expect([7.25, 59.999, 75, 3675.5].map((time) => line.clock(time))).toEqual([
      '7.25',
      '1:00.00',
      '1:15.00',
      '1:01:15.50',
    ])
    expect(line.clock(75.26, 1)).toBe('1:15.3')
    expect(line.clock(59.7, 0)).toBe('1:00')
  })

  it('are read again', () => {
    fc.assert(
      fc.property(number(0, 90_000), (time) => {
        expect(line.readClock(line.clock(time, 3))).toBeCloseTo(time, 2)
      }),
    )
  })

  it('are refused where they are none', () => {
    for (const text of ['', 'abc', '1:', ':', '-3', '1:2:3:4', 'Infinity', '1e9', '<b>'])
      expect(line.readClock(text)).toBeNull()
    expect(line.readClock(' 1:15,5 ')).toBe(75.5)
  })
})
