import { describe, expect, it } from 'vitest'
import { evenlySpaced } from '../../engine/processor/index.ts'
import { processorFrames, processorRate } from '../../pipelines/score/frames.ts'

const limits = { minFrames: 4, maxFrames: 768, temporalPatchSize: 2 }

/** Frames, frames per second and rate; then what NumPy and PyTorch 2.13 give by the formulas of transformers 5.24. */
const cases = [
  [
    250,
    25,
    2,
    [0, 13, 26, 39, 52, 66, 79, 92, 105, 118, 131, 144, 157, 170, 183, 197, 210, 223, 236, 249],
    [0, 12, 25, 37, 50, 62, 75, 87, 100, 112, 125, 137, 150, 162, 175, 187, 200, 212, 225, 237],
  ],
  [
    301,
    30000 / 1001,
    2,
    [0, 16, 32, 47, 63, 79, 95, 111, 126, 142, 158, 174, 189, 205, 221, 237, 253, 268, 284, 300],
    [0, 15, 30, 45, 60, 75, 90, 105, 120, 135, 150, 165, 180, 195, 210, 225, 240, 255, 270, 285],
  ],
  [7, 30, 2, [0, 2, 4, 6], [0, 1, 3, 5]],
  [5, 30, 2, [0, 1, 3, 4], [0, 1, 2, 3]],
  [3, 30, 2, [0, 1, 2], [0, 1]],
  [91, 24, 1, [0, 30, 60, 90], [0, 22, 45, 68]],
] as const

describe('frames as transformers takes them', () => {
  it.each(cases)('of %i frames at %f a second, rate %i', (frames, fps, rate, ends, starts) => {
    expect(processorFrames({ frames, fps }, rate, limits, 'ends')).toEqual(ends)
    expect(processorFrames({ frames, fps }, rate, limits, 'starts')).toEqual(starts)
  })

  it.each(cases)(
    'of %i frames at %f a second are even at the rate of the whole video',
    (frames, fps, rate) => {
      const numbers = processorFrames({ frames, fps }, rate, limits, 'starts')
      const times = Float64Array.from(numbers, (number) => number / fps)
      expect(evenlySpaced({ times, fps: processorRate({ frames, fps }, numbers.length) })).toBe(true)
    },
  )

  it('have the rate that was asked for where it divides the video, although single frames come earlier', () => {
    expect(processorRate({ frames: 250, fps: 25 }, 20)).toBe(2)
    expect(processorRate({ frames: 91, fps: 24 }, 4)).toBeCloseTo(1.0549, 4)
  })

  it('are at most 768', () => {
    const long = { frames: 40_000, fps: 25 }
    const ends = processorFrames(long, 2, limits, 'ends')
    expect([ends.length, ...ends.slice(0, 3), ...ends.slice(-3)]).toEqual([
      768, 0, 52, 104, 39895, 39947, 39999,
    ])
    const starts = processorFrames(long, 2, limits, 'starts')
    expect([starts.length, ...starts.slice(-3)]).toEqual([768, 39843, 39895, 39947])
  })

  it('do not lose one to the rounding of an average rate', () =>
    expect(processorFrames({ frames: 300, fps: 30.0000001 }, 2, limits, 'ends')).toHaveLength(20))
})
