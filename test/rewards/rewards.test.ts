import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Window } from '../../core/index.ts'
import {
  catalogue,
  generalisedIou,
  lengthBonus,
  temporalBonus,
  wassersteinDistance,
} from '../../rewards/index.ts'

const score = (name: string, text: string, target: object = {}): number =>
  catalogue[name]!(text, { windows: [], duration: null, ...target })

const window = fc
  .tuple(fc.nat(100), fc.nat(50))
  .map(([start, length]): Window => [start / 2, (start + length) / 2])

describe('counting rewards', () => {
  const values = [
    [10, 10, 1.5],
    [10, 11, 1.3847],
    [10, 12, 0.6125],
    [3, 4, 0.7723],
    [50, 51, 1.495],
    [50, 55, 0.8829],
    [0, 0, 1.5],
    [0, 1, 0.5],
  ] as const
  it.each(values)('count_hybrid of truth %d and answer %d', (count, answered, value) =>
    expect(score('count_hybrid', `<answer>${answered}</answer>`, { answer: `${count}` })).toBeCloseTo(
      value,
      4,
    ),
  )

  it('knows the siblings', () => {
    expect(score('count', '<answer>11</answer>', { answer: '10' })).toBeCloseTo(0.8825, 4)
    expect(score('count', '<answer>4</answer>', { answer: '3' })).toBeCloseTo(0.6065, 4)
    expect(score('count_linear', '<answer>3</answer>', { answer: '4' })).toBe(0.75)
    expect(score('count_fixed', '<answer>3</answer>', { answer: '6' })).toBeCloseTo(Math.exp(-0.5), 12)
    expect(score('count_hybrid', 'three', { answer: '3' })).toBe(0)
  })

  it('compares listed intervals with the answer', () => {
    const text = (think: string) => `<think>${think}</think><answer>4</answer>`
    expect(score('count_interval', text('rep1: 0-1 rep2: 1-2 rep3: 2-3 rep4: 3-4'))).toBe(1)
    expect(score('count_interval', text('reps 1-3: fast'))).toBe(0.375)
    expect(score('count_interval', text('Intervals: 0-1, 1-2.5'))).toBe(0.25)
    expect(score('count_interval', text('four'))).toBe(0)
  })
})

describe('grounding rewards', () => {
  it('follow their sources at the edges', () => {
    const one = { windows: [[5, 5]], duration: 20 }
    expect(score('videochat_r1_iou', '<answer>5 to 5</answer>', one)).toBe(1)
    expect(score('videochat_r1_iou', '<answer>6 to 6</answer>', one)).toBe(0)
    const target = { windows: [[0, 10]], duration: 20 }
    expect(score('time_r1_iou', '<answer>10 to 0</answer>', target)).toBe(0)
    expect(score('iou_v2', '<answer>5 to 10</answer>', target)).toBeCloseTo(0.5 * 0.75, 12)
    expect(score('glue_iou', '<glue>[]</glue>', { windows: [] })).toBe(1)
    expect(score('glue_iou', '<glue>[(0,5), (5,10)]</glue>', target)).toBe(1)
    expect(score('iou', '<answer>none</answer>', { windows: [] })).toBe(1)
    expect(score('iou', '<answer>none</answer>', target)).toBe(0)
  })

  it('gIoU lies in [-1, 1], is symmetric and never above IoU', () =>
    fc.assert(
      fc.property(window, window, (a, b) => {
        const value = generalisedIou(a, b)
        expect(value).toBe(generalisedIou(b, a))
        expect(value).toBeGreaterThanOrEqual(-1)
        expect(value).toBeLessThanOrEqual(1)
      }),
    ))

  it('the Wasserstein distance is a metric equal to moving time second by second', () => {
    const mass = (windows: ReadonlyArray<Window>, steps: number): ReadonlyArray<number> => {
      const inside = Array.from({ length: 160 * steps }, (_, i) => (i + 0.5) / (2 * steps)).map((time) =>
        windows.some(([start, end]) => time > start && time < end) ? 1 : 0,
      )
      const total = inside.reduce<number>((sum, value) => sum + value, 0)
      return inside.map((value) => value / total)
    }
    const set = fc.array(
      window.filter(([start, end]) => end > start),
      { minLength: 1, maxLength: 3 },
    )
    fc.assert(
      fc.property(set, set, (a, b) => {
        const steps = 8
        const left = mass(a, steps)
        const right = mass(b, steps)
        let carried = 0
        let work = 0
        for (const [i, value] of left.entries()) {
          carried += value - right[i]!
          work += Math.abs(carried) / (2 * steps)
        }
        const exact = wassersteinDistance(a, b)
        expect(exact).toBeCloseTo(wassersteinDistance(b, a), 9)
        expect(Math.abs(exact - work)).toBeLessThan(0.1)
        expect(wassersteinDistance(a, a)).toBe(0)
      }),
      { numRuns: 40 },
    )
    expect(wassersteinDistance([[0, 1]], [[5, 6]])).toBeCloseTo(5, 12)
    expect(wassersteinDistance([[2, 2]], [[5, 5]])).toBeCloseTo(3, 12)
  })

  it('follow TimeLens2: exp(-W1 / length of the merged truth), and a penalty where nothing can be read', () => {
    const target = {
      windows: [
        [0, 2],
        [1, 4],
      ],
      duration: 20,
    }
    expect(score('timelens2_wasserstein', '<answer>0.0 to 4.0</answer>', target)).toBe(1)
    // All of the answer lies 8 s behind the truth, which is 4 s long.
    expect(score('timelens2_wasserstein', '<answer>8.0 to 12.0</answer>', target)).toBeCloseTo(
      Math.exp(-2),
      12,
    )
    // Half of the truth's time moves by 2 s on average in either direction of a broad answer.
    expect(score('timelens2_wasserstein', '<answer>0.0 to 8.0</answer>', target)).toBeCloseTo(
      Math.exp(-0.5),
      12,
    )
    expect(score('timelens2_wasserstein', 'eh', target)).toBe(0)
    expect(score('timelens2_wasserstein', '<answer>none</answer>', { windows: [] })).toBe(1)
    expect(score('timelens2_wasserstein', '<answer>1.0 to 2.0</answer>', { windows: [[3, 3]] })).toBe(0)
    expect(score('parse_penalty', '<answer>0.0 to 4.0</answer>', target)).toBe(0)
    expect(score('parse_penalty', '<answer>none</answer>', target)).toBe(0)
    expect(score('parse_penalty', 'from 0 to 4', target)).toBe(-1)
  })

  it('orders misses by their distance', () => {
    const target = { windows: [[0, 2]], duration: 20 }
    const near = score('wasserstein', '<answer>3 to 5</answer>', target)
    expect(near).toBeGreaterThan(score('wasserstein', '<answer>13 to 15</answer>', target))
    expect(score('giou', '<answer>3 to 5</answer>', target)).toBeGreaterThan(
      score('giou', '<answer>13 to 15</answer>', target),
    )
  })
})

describe('the answer reward', () => {
  it('wants one answer: several are none, whichever is right', () => {
    const answer = (text: string) => score('answer', text, { answer: 'B' })
    expect(answer('<think>A or B</think><answer> B\n</answer>')).toBe(1)
    expect(answer('<answer>A</answer><answer>B</answer>')).toBe(0)
    expect(answer('<answer>B</answer><answer>B</answer>')).toBe(0)
  })
})

describe('Video-R1', () => {
  const accuracy = (problemType: string, answered: string, answer: string) =>
    score('video_r1_accuracy', `<answer>${answered}</answer>`, { answer, problemType })
  it('scores by problem type', () => {
    expect(accuracy('multiple choice', 'A.', 'A')).toBe(0)
    expect(accuracy('numerical', '1000', '1,000')).toBe(0)
    expect(accuracy('numerical', '3.141', '3.14')).toBe(1)
    // Rounded as Python rounds: halves of the binary value to the even digit, and no negative zero.
    expect(accuracy('numerical', '0.125', '0.12')).toBe(1)
    expect(accuracy('numerical', '0.125', '0.13')).toBe(0)
    expect(accuracy('numerical', '100.875', '100.88')).toBe(1)
    expect(accuracy('numerical', '-0.001', '0.00')).toBe(1)
    expect(accuracy('numerical', '2.675', '2.67')).toBe(1)
    expect(accuracy('OCR', 'the quick fox', 'the quick brown fox')).toBe(0.75)
    expect(accuracy('free-form', 'running dogs', 'the dog runs')).toBeCloseTo((0.8 + 0 + 0.4) / 3, 12)
    expect(accuracy('regression', '9', '10')).toBeCloseTo(0.9, 6)
    expect(accuracy('regression', '0', '0')).toBe(0)
    expect(score('video_r1_evaluation', '9', { answer: '10', problemType: 'regression' })).toBe(0.9)
  })
  it('compares the numbers of its preview’s replies, else their texts', () => {
    const dvd = (text: string) => score('dvd_accuracy', text, { answer: '4' })
    for (const text of [
      '<think>5 </think><answer>\n4\n</answer>',
      '<answer>\n9</answer><answer>4</answer>',
      'The answer is 4.',
      '<answer>$4$</answer>',
      '<answer>4.0</answer>',
    ])
      expect(dvd(text), text).toBe(1)
    for (const text of ['<answer>4 or 5</answer>', '<answer>-4</answer>', 'four', '14', '4 %, so 3'])
      expect(dvd(text), text).toBe(0)
  })
  it('gives bonuses to groups', () => {
    expect(temporalBonus([1, 0, 1, 0], [0, 1])).toEqual([0.3, 0, 0.3, 0])
    expect(temporalBonus([1, 0, 0, 0], [1, 1])).toEqual([0, 0, 0, 0])
    expect(lengthBonus([1, 1, 0], [400, 600, 400])).toEqual([0.2, 0, 0])
    expect(lengthBonus([1, 0, 0], [400, 400, 400])).toEqual([0, 0, 0])
  })
})
