import { describe, expect, it } from '@effect/vitest'
import { Windows } from '../../core/index.ts'
import {
  centreAt,
  defaultWorldSettings,
  durationOf,
  grades,
  scene,
  seekScene,
  seekVideos,
  ticksPerSecond,
} from '../../datasets/shapes/index.ts'

const many = Array.from({ length: 200 }, (_, seed) => seekScene(grades[seed % 3]!, 'test', seed))

describe('a clip for frame seeking', () => {
  it('shows its target for 2 to 4 of 24 to 32 seconds, at least on two whole seconds', () => {
    for (const { scene: one, evidence } of many) {
      expect([24, 28, 32]).toContain(durationOf(one))
      expect(evidence).toHaveLength(1)
      expect(Windows.coverage(evidence)).toBeGreaterThanOrEqual(2)
      expect(Windows.coverage(evidence)).toBeLessThanOrEqual(4)
      const [target] = one.actors
      for (let second = 0; second < durationOf(one); second++) {
        const visible = centreAt(target!, second * ticksPerSecond) !== null
        expect(visible).toBe(second >= evidence[0]![0] && second < evidence[0]![1])
      }
    }
  })

  it('asks for what only the target has, with four different options of which one is right', () => {
    for (const { scene: one, question } of many) {
      const [target, ...others] = one.actors
      const right = question.options![question.answer.charCodeAt(0) - 65]
      expect(new Set(question.options)).toHaveLength(4)
      if (question.text.startsWith('Which colour')) {
        expect(right).toBe(target!.colour)
        expect(others.some(({ shape }) => shape === target!.shape)).toBe(false)
      } else {
        expect(right).toBe(target!.shape)
        expect(others.some(({ colour }) => colour === target!.colour)).toBe(false)
      }
    }
  })

  it('is fixed by its seed and leaves the other scenes as they were', () => {
    expect(seekScene('easy', 1, 2)).toEqual(seekScene('easy', 1, 2))
    expect(seekScene('easy', 1, 2).scene.seed).not.toBe(scene('easy', 1, 2).seed)
  })
})

describe('the long videos of a split', () => {
  it('come in addition to the others, each with its question and the seconds that show the answer', () => {
    const settings = { ...defaultWorldSettings, seed: 3, splits: [] }
    const made = seekVideos(settings, { split: 'train', videos: 0, seeks: 6 })
    expect(made.map(({ video }) => video)).toEqual([0, 1, 2, 3, 4, 5].map((index) => `train-s0000${index}`))
    for (const { scene: one, samples, truths } of made) {
      expect(samples).toHaveLength(1)
      expect(samples[0]).toMatchObject({ task: 'choice', duration: durationOf(one) })
      expect(Windows.coverage(samples[0]!.windows!)).toBeGreaterThanOrEqual(2)
      expect(truths[0]!.windows).toEqual(samples[0]!.windows)
    }
    expect(seekVideos(settings, { split: 'train', videos: 6 })).toEqual([])
  })
})
