import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from '@effect/vitest'
import { Effect } from 'effect'
import { lookup } from '../../datasets/index.ts'
import {
  countingQuestions,
  cyclesOf,
  defaultWorldSettings,
  durationOf,
  grades,
  matchesActor,
  mostRepetitions,
  repetitionScene,
  repetitionVideos,
  scene,
  worldVideos,
  writeWorld,
} from '../../datasets/shapes/index.ts'
import { Videos } from '../../video/index.ts'

describe('scenes of repetition', () => {
  const all = grades.flatMap((grade) =>
    Array.from({ length: mostRepetitions }, (_, index) =>
      [0, 1, 2, 3].map((seed) => ({ count: index + 1, ...repetitionScene(grade, index + 1, seed) })),
    ).flat(),
  )

  it('show the movement exactly as often as asked, each cycle long enough for two frames a second', () => {
    for (const { count, scene: one, question } of all) {
      const { cycles = [] } = question
      expect(question.answer).toBe(String(count))
      expect(cycles).toHaveLength(count)
      let before = 0
      for (const [start, end] of cycles) {
        expect(start).toBeGreaterThanOrEqual(before)
        expect((start * 2) % 1).toBe(0)
        expect(end - start).toBeGreaterThanOrEqual(0.5)
        before = end
      }
      expect(before).toBeLessThanOrEqual(durationOf(one))
    }
  })

  it('use both movements and both one burst and two', () => {
    expect(new Set(all.map(({ question }) => question.text.split(' ').at(-1)))).toEqual(
      new Set(['bounce?', 'blink?']),
    )
    const paused = all.filter(({ question: { cycles = [] } }) =>
      cycles.some(([start], i) => i > 0 && start - cycles[i - 1]![1] >= 1),
    )
    expect(paused.length).toBeGreaterThan(10)
    expect(paused.length).toBeLessThan(all.length - 10)
  })

  it('refuse counts that cannot be shown', () => {
    for (const count of [0, 13, 2.5]) expect(() => repetitionScene('easy', count, 1)).toThrow(RangeError)
  })
})

describe('cycles', () => {
  it('are as many as every counting question about time says', () => {
    for (let seed = 0; seed < 60; seed++)
      for (const { answer, cycles } of countingQuestions(scene('medium', 'cycles', seed)))
        if (cycles !== undefined) expect(cycles).toHaveLength(Number(answer))
  })

  it('are the hops and dark times that the phases say', () => {
    const one = scene('easy', 'cycles', 3)
    for (const actor of one.actors) {
      const who = { colour: actor.colour, shape: actor.shape }
      for (const [event, kind] of [
        ['bounces', 'bounce'],
        ['blinks', 'blink'],
      ] as const) {
        const wanted = one.actors
          .filter((other) => matchesActor(who, other))
          .flatMap(({ phases }) => phases)
          .reduce((sum, phase) => sum + (phase.kind === kind ? phase.cycles! : 0), 0)
        expect(cyclesOf(one, who, event)).toHaveLength(wanted)
      }
    }
  })
})

describe('a world with repetitions', () => {
  const settings = { ...defaultWorldSettings, seed: 3, splits: [] }

  it('has counts as frequent as asked, and the same other videos as without', () => {
    const share = (counts: 'even' | 'skewed') => {
      const made = repetitionVideos(settings, { split: 'train', videos: 1, repetitions: 300, counts })
      return made.filter(({ samples }) => Number(samples[0]!.answer) >= 6).length / 300
    }
    expect(share('even')).toBeGreaterThan(0.5)
    expect(share('skewed')).toBeLessThan(0.25)
    expect(worldVideos(settings, { split: 'train', videos: 3, repetitions: 5 })).toEqual(
      worldVideos(settings, { split: 'train', videos: 3 }),
    )
  })

  it('is written and read back with cycles as frames of its videos', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'spanwise-repetitions-'))
    const splits = [{ split: 'train', videos: 1, repetitions: 2 }]
    await Effect.runPromise(
      writeWorld(folder, { ...settings, splits }).pipe(Effect.provide(Videos.layer({ workers: 1 }))),
    )
    const dataset = await Effect.runPromise(lookup('shapes'))
    const { samples, problems } = await Effect.runPromise(dataset.read(folder, 'train'))
    expect(problems).toEqual([])
    const made = repetitionVideos(settings, splits[0]!).flatMap((video) => video.samples)
    const read = samples.filter(({ video }) => video.includes('-r'))
    expect(read.map(({ id, answer, meta }) => ({ id, answer, meta }))).toEqual(
      made.map(({ id, answer, meta }) => ({ id, answer, meta })),
    )
    expect(read[0]!.meta!.cycles).toHaveLength(Number(read[0]!.answer))
    await rm(folder, { recursive: true })
  })
})
