import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { planStretches } from '../../video/decode.ts'
import type { FrameSampling } from '../../video/index.ts'
import {
  frameAt,
  isVariable,
  medianGap,
  selectIndices,
  spreadTies,
  type Timeline,
} from '../../video/timeline.ts'

const constant = (frames: number, fps: number): Timeline => ({
  times: Float64Array.from({ length: frames }, (_, i) => i / fps),
  end: frames / fps,
  variableFrameRate: false,
})
const take = (timeline: Timeline, sampling: FrameSampling) =>
  Array.from(selectIndices(timeline, sampling).indices)

describe('selectIndices', () => {
  it('spreads a count as sample_frames of the Qwen3-VL video processor does', () => {
    const golden: { readonly cases: Array<[[number, number], number[]]> } = JSON.parse(
      readFileSync(new URL('../fixtures/video/samples.json', import.meta.url), 'utf8'),
    )
    for (const [[frames, count], indices] of golden.cases)
      expect(take(constant(frames, 25), { kind: 'count', count })).toEqual(indices)
  })

  it('takes a rate on its grid', () => {
    const sampled = selectIndices(constant(128, 8), { kind: 'rate', fps: 2 })
    expect(Array.from(sampled.indices)).toEqual(Array.from({ length: 32 }, (_, k) => 4 * k))
    expect(sampled.fps).toBe(2)
  })

  it('falls back to a count outside the bounds of a rate', () => {
    expect(take(constant(128, 8), { kind: 'rate', fps: 2, max: 5 })).toEqual([0, 32, 64, 95, 127])
    expect(take(constant(8, 8), { kind: 'rate', fps: 1, min: 4 })).toEqual([0, 2, 5, 7])
    expect(take(constant(3, 1), { kind: 'rate', fps: 30 })).toEqual([0, 1, 2])
  })

  it('spreads evenly in time, not in frames, where the rate varies', () => {
    const times = Float64Array.from([0, 0.1, 0.2, 0.3, 0.4, 2, 4])
    expect(take({ times, end: 5, variableFrameRate: true }, { kind: 'count', count: 3 })).toEqual([0, 5, 6])
  })

  it('keeps the order and the repeats of times', () => {
    const times = [3, 0.2, 0.2, -1, 99]
    expect(take(constant(8, 2), { kind: 'times', times })).toEqual([6, 0, 0, 0, 7])
  })

  it('stays inside the video, for every sampling', () => {
    const sampling = fc.oneof(
      fc.record({ kind: fc.constant('count' as const), count: fc.integer({ min: 1, max: 99 }) }),
      fc.record({ kind: fc.constant('rate' as const), fps: fc.double({ min: 0.1, max: 60, noNaN: true }) }),
    )
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 300 }),
        fc.integer({ min: 1, max: 60 }),
        sampling,
        (n, fps, way) => {
          const indices = take(constant(n, fps), way)
          expect(indices.length).toBeGreaterThan(0)
          expect(indices.length).toBeLessThanOrEqual(n)
          expect(indices.every((index, i) => index >= (indices[i - 1] ?? 0) && index < n)).toBe(true)
        },
      ),
    )
  })
})

describe('the timeline', () => {
  it('finds the frame on screen', () => {
    const times = Float64Array.from([0.5, 1, 1.5])
    expect([0, 0.5, 0.9, 1, 1.4999999, 7].map((time) => frameAt(times, time))).toEqual([0, 0, 0, 1, 2, 2])
  })

  it('tells a variable rate from rounding', () => {
    const milliseconds = Float64Array.from({ length: 50 }, (_, i) => Math.round((i * 1000) / 30) / 1000)
    expect(isVariable(milliseconds, 0.001)).toBe(false)
    expect(isVariable(Float64Array.from([0, 1, 2, 4]), 0.001)).toBe(true)
    expect(isVariable(Float64Array.from([0, 7]), 0.001)).toBe(false)
  })

  it('knows the median gap', () => {
    expect(medianGap(Float64Array.from([0, 1, 2, 9]))).toBe(1)
    expect(medianGap(Float64Array.from([3]))).toBeUndefined()
  })
})

describe('spreadTies', () => {
  it('lets frames of one stamp share the time up to the next, at most a tick', () => {
    const times = Float64Array.from([0, 0, 0.001, 0.5, 0.5])
    expect(Array.from(spreadTies(times, 0.001))).toEqual([0, 0.0005, 0.001, 0.5, 0.5005])
  })
})

describe('planStretches', () => {
  const stamps = Float64Array.from({ length: 100 }, (_, i) => i)
  const plan = { stamps, ordinals: Int32Array.from(stamps), keyframes: [0, 40, 80] }

  it('decodes straight on when frames are dense and seeks when they are sparse', () => {
    const dense = planStretches(plan, [30, 35, 41, 79, 85])
    expect(dense.map(({ keyframe, last }) => [keyframe, last])).toEqual([[0, 85]])
    const sparse = planStretches(plan, [2, 45, 90])
    expect(sparse.map(({ keyframe, last }) => [keyframe, last])).toEqual([
      [0, 2],
      [40, 45],
      [80, 90],
    ])
  })

  it('never seeks within one group of pictures', () => {
    expect(planStretches(plan, [41, 78])).toHaveLength(1)
  })

  it('starts before the keyframe for a frame that is stored behind it and shown before it', () => {
    // Packets 0 to 7 show at these times; 5 is a keyframe, 6 and 7 lean on it and on what came before.
    const open = {
      stamps: Float64Array.of(0, 3, 1, 2, 4, 7, 5, 6),
      ordinals: Int32Array.of(0, 2, 3, 1, 4, 6, 7, 5),
      keyframes: [0, 5],
    }
    expect(planStretches(open, [5])[0]?.keyframe).toBe(0)
    expect(planStretches(open, [7])[0]?.keyframe).toBe(5)
  })
})
