import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { matchedWindows, type Window, Windows, windowF1 } from '../../core/index.ts'

const window = fc
  .tuple(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 0, max: 6 }))
  .map(([start, length]): Window => [start, start + length])
const windows = fc.array(window, { maxLength: 5 })
const threshold = fc.constantFrom(0.1, 0.3, 0.5, 0.7, 1)

/** Every assignment tried. */
const most = (predicted: ReadonlyArray<Window>, truths: ReadonlyArray<Window>, at: number): number => {
  const [first, ...rest] = truths
  if (first === undefined) return 0
  return predicted.reduce(
    (best, one, index) =>
      Windows.iou(one, first) >= at
        ? Math.max(best, 1 + most(predicted.toSpliced(index, 1), rest, at))
        : best,
    most(predicted, rest, at),
  )
}

describe('one-to-one matching', () => {
  it('finds the most pairs', () => {
    fc.assert(
      fc.property(windows, windows, threshold, (predicted, truths, at) => {
        expect(matchedWindows(predicted, truths, at)).toBe(most(predicted, truths, at))
      }),
    )
  })

  it('counts a window whose IoU is the threshold, whatever the rounding', () => {
    const tenths = fc.integer({ min: 0, max: 600 })
    const level = fc.constantFrom(0.1, 0.2, 0.3, 0.5, 0.7, 0.9)
    fc.assert(
      fc.property(tenths, tenths, tenths, level, (start, before, length, at) => {
        const truth: Window = [(start + before) / 10, (start + before + length) / 10]
        const predicted: Window = [start / 10, truth[1]]
        const fits = Windows.iou(predicted, truth) >= at
        expect(matchedWindows([predicted], [truth], at)).toBe(fits ? 1 : 0)
      }),
      { examples: [[2, 45, 5, 0.1]] },
    )
  })

  it('moves a window that another could do without', () => {
    // The first true window fits both predictions, the second only one of them.
    const predicted: ReadonlyArray<Window> = [
      [0, 10],
      [0, 6],
    ]
    const truths: ReadonlyArray<Window> = [
      [0, 8],
      [0, 10],
    ]
    expect(matchedWindows(predicted, truths, 0.7)).toBe(2)
  })

  it('pays for every missing and every needless window', () => {
    const truths: ReadonlyArray<Window> = [
      [0, 2],
      [4, 6],
      [8, 10],
    ]
    expect(windowF1(truths, truths, 1)).toBe(1)
    expect(windowF1([[0, 2]], truths, 0.5)).toBe(0.5)
    // The set IoU of this one is 0.6.
    expect(windowF1([[0, 10]], truths, 0.5)).toBe(0)
    expect(windowF1([...truths, [12, 14]], truths, 0.5)).toBeCloseTo(6 / 7)
    expect(
      windowF1(
        [
          [0, 2],
          [0, 2],
        ],
        [[0, 2]],
        0.5,
      ),
    ).toBeCloseTo(2 / 3)
    expect([windowF1([], [], 0.5), windowF1([], truths, 0.5), windowF1(truths, [], 0.5)]).toEqual([1, 0, 0])
  })

  it('takes long lists', () => {
    const many = Array.from({ length: 50_000 }, (_, i): Window => [2 * i, 2 * i + 1])
    expect(windowF1(many, many.slice(0, 100), 0.5)).toBeCloseTo(200 / 50_100)
    expect(windowF1(many, many.toReversed(), 0.5)).toBe(1)
  })

  it('is symmetric and falls with the threshold', () => {
    fc.assert(
      fc.property(windows, windows, (a, b) => {
        const scores = [0.1, 0.3, 0.5, 0.7, 1].map((at) => windowF1(a, b, at))
        expect(scores).toEqual(scores.toSorted((x, y) => y - x))
        expect(windowF1(a, b, 0.5)).toBeCloseTo(windowF1(b, a, 0.5), 12)
      }),
    )
  })
})
