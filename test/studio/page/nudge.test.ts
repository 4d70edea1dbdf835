import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Window } from '../../../core/index.ts'
import * as edit from '../../../studio/page/logic/nudge.ts'

const number = (min: number, max: number) => fc.double({ min, max, noNaN: true })
const scene = fc
  .record({ duration: number(0.1, 5000), a: number(0, 1), b: number(0, 1), by: number(-6000, 6000) })
  .map(({ duration, a, b, by }) => ({
    duration,
    by,
    window: edit.span(a * duration, b * duration, duration),
  }))
const edges = ['start', 'end'] as const

const sound = ([start, end]: Window, duration: number) => {
  expect(start).toBeGreaterThanOrEqual(0)
  expect(end).toBeGreaterThan(start)
  expect(end).toBeLessThanOrEqual(duration + 0.0005)
}

describe('editing a window', () => {
  it('leaves a window inside the video', () => {
    fc.assert(
      fc.property(
        scene,
        fc.constantFrom(...edges),
        number(-10, 6000),
        ({ duration, window, by }, edge, at) => {
          sound(window, duration)
          sound(edit.nudge(window, edge, by, duration), duration)
          sound(edit.putEdge(window, edge, at, duration), duration)
          sound(edit.shift(window, by, duration), duration)
          sound(edit.windowAt(at, 2, duration), duration)
        },
      ),
    )
  })

  it('moves one edge and leaves the other', () => {
    fc.assert(
      fc.property(scene, ({ duration, window, by }) => {
        expect(edit.nudge(window, 'start', by, duration)[1]).toBe(window[1])
        expect(edit.nudge(window, 'end', by, duration)[0]).toBe(window[0])
      }),
    )
  })

  it('keeps the length of a window that is moved', () => {
    fc.assert(
      fc.property(scene, ({ duration, window, by }) => {
        const [start, end] = edit.shift(window, by, duration)
        expect(end - start).toBeCloseTo(window[1] - window[0], 2)
      }),
    )
  })

  it('adds up exactly', () => {
    let window: Window = [1, 5]
    for (let i = 0; i < 10; i++) window = edit.nudge(window, 'start', 0.1, 60)
    expect(window).toEqual([2, 5])
    for (let i = 0; i < 30; i++) window = edit.nudge(window, 'end', -0.1, 60)
    expect(window).toEqual([2, 2.05])
  })

  it('turns a window over that is dragged past its other edge', () => {
    expect(edit.span(8, 3, 10)).toEqual([3, 8])
    expect(edit.span(4, 4, 10)).toEqual([4, 4.05])
    expect(edit.span(-3, 20, 10)).toEqual([0, 10])
  })

  it('stores overlapping windows as one, in order', () => {
    expect(
      edit.settled([
        [5, 7],
        [1, 2],
        [6, 9],
      ]),
    ).toEqual([
      [1, 2],
      [5, 9],
    ])
    expect(edit.same([[1, 2]], [[1, 2]])).toBe(true)
    expect(
      edit.same(
        [[1, 2]],
        [
          [1, 2],
          [3, 4],
        ],
      ),
    ).toBe(false)
  })
})
