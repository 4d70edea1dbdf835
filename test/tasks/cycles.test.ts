import { describe, expect, it } from '@effect/vitest'
import { cycleFrames, cycleSeconds, cyclesProblem, shortCycleWarning } from '../../tasks/index.ts'

const sample = (answer: string, cycles: unknown) => ({ answer, meta: { cycles: cycles as never } })

describe('annotated cycles', () => {
  it('are pairs of frames, and seconds at the rate of the video', () => {
    expect(
      cycleSeconds(
        sample('2', [
          [0, 30],
          [30, 75],
        ]),
        30,
      ),
    ).toEqual([
      [0, 1],
      [1, 2.5],
    ])
    expect(cycleFrames({ meta: { action: 'squat' } })).toBe(null)
    expect(cycleSeconds({}, 30)).toBe(null)
  })

  it.each([
    ['none', { answer: '2', meta: {} }, null],
    [
      'touching',
      sample('2', [
        [0, 30],
        [30, 75],
      ]),
      null,
    ],
    [
      'with a shared frame',
      sample('2', [
        [0, 31],
        [30, 75],
      ]),
      null,
    ],
    ['ending at the end', sample('1', [[0, 101]]), null],
    [
      'too few',
      sample('3', [
        [0, 30],
        [30, 75],
      ]),
      /2 cycles are annotated, and the count is 3/,
    ],
    ['reversed', sample('1', [[30, 4]]), /cycle 1 \[30, 4\] ends before it starts/],
    ['empty', sample('1', [[4, 4]]), /cycle 1 \[4, 4\] has no length/],
    [
      'overlapping',
      sample('2', [
        [0, 30],
        [20, 75],
      ]),
      /cycle 2 \[20, 75\] overlaps/,
    ],
    ['before the start', sample('1', [[-4, 4]]), /starts before the clip/],
    ['in seconds', sample('1', [[0.5, 8.2]]), /cycle 1 \[0\.5, 8\.2\] is not in whole frames/],
    ['past the end', sample('1', [[4, 140]]), /ends after the clip's 100 frames/],
    ['no pairs', sample('1', [[4]]), /no pairs of frame numbers/],
    ['no numbers', sample('1', 'many'), /no pairs of frame numbers/],
  ])('are judged: %s', (_, one, problem) => {
    const found = cyclesProblem(one, 100)
    if (problem === null) expect(found).toBe(null)
    else expect(found).toMatch(problem)
  })
})

describe('the warning about short repetitions', () => {
  const clip = (length: number, fps: number, count = 10) => ({
    fps,
    cycles: Array.from({ length: count }, (_, i) => [i * length, (i + 1) * length] as const),
  })

  it('names the frame rate that shows two frames of nearly all', () => {
    expect(shortCycleWarning([clip(1, 2)])).toBe(null)
    expect(shortCycleWarning([clip(0.5, 2), clip(2, 2)])).toMatch(
      /10 of 20 annotated repetitions in 2 videos are shorter than two frames at the 2\.0 fps .*--fps 4,/,
    )
    // A long video of which few frames are seen.
    expect(shortCycleWarning([clip(1, 0.5)])).toMatch(/0\.5 fps .*--fps 2,/)
  })

  it('tolerates a few, and says nothing without cycles', () => {
    expect(shortCycleWarning([clip(1, 2, 30), clip(0.5, 2, 5)])).toBe(null)
    expect(shortCycleWarning([])).toBe(null)
  })
})
