import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { Effect } from 'effect'
import { describe, expect, it } from 'vitest'
import type { Sample, Window } from '../../core/index.ts'
import { namedProfile } from '../../models/index.ts'
import { clipsOf } from '../../pipelines/train/clips.ts'
import { answerOf } from '../../tasks/index.ts'
import { clipKey, type TrainingItem, withRefusals } from '../../trainer/index.ts'
import { Videos } from '../../video/index.ts'
import { workplace } from '../cli/workplace.ts'

const item = (id: string, query: string, windows: ReadonlyArray<Window>, weight = 1): TrainingItem => {
  const sample: Sample = {
    ...{ id, dataset: 'd', split: 'train', task: 'grounding', video: 'good', file: 'good.mp4' },
    ...{ duration: 10, query, windows },
  }
  return { key: `d/train/${id}`, sample, difficulty: 0.9, band: 'hard', weight }
}
const items = [item('wave', 'she waves', [[0, 2]], 0.5), item('jump', 'she jumps', [[6, 9]])]

describe('refusals in training', () => {
  it('stand beside the samples, never masked, and are answered with none', async () => {
    const all = await Effect.runPromise(withRefusals(items, { refusals: 1, seed: 1 }))
    expect(all.slice(0, 2)).toEqual(items)
    const added = all.slice(2).toSorted((a, b) => (a.key < b.key ? 1 : -1))
    expect(added).toMatchObject([
      { key: 'd/train/wave/refusal', part: [3, 10], band: 'medium', weight: 0.5 },
      { key: 'd/train/jump/refusal', part: [0, 5], band: 'medium', weight: 1 },
    ])
    expect(added.map(({ sample }) => [answerOf(sample), sample.duration])).toEqual([
      ['<answer>none</answer>', 7],
      ['<answer>none</answer>', 5],
    ])
    expect(new Set(all.map(clipKey)).size).toBe(3)
    expect(await Effect.runPromise(withRefusals(items, { refusals: 0.5, seed: 1 }))).toHaveLength(3)
    expect(await Effect.runPromise(withRefusals(items, { seed: 1 }))).toBe(items)
  })

  it('show the part alone, as a clip of its own', async () => {
    const root = await workplace('refusals')
    const [, , added] = await Effect.runPromise(withRefusals(items, { refusals: 0.5, seed: 1 }))
    const clip = await Effect.runPromise(
      Effect.flatMap(Videos, (videos) =>
        clipsOf(videos, namedProfile('shapes-base'), join(root, 'videos'))(added!),
      ).pipe(Effect.provide(Videos.layer({ workers: 1 }))),
    )
    const [start, end] = added!.part!
    expect(clip.info.duration).toBe(end - start)
    expect([clip.times[0], clip.times.length]).toEqual([0, 2 * (end - start)])
    expect(clip.indices[0]).toBe(4 * start)
    expect(clip.indices.at(-1)).toBeLessThan(4 * end)
    rmSync(root, { recursive: true })
  })

  it('are refused where no query has a counterpart', async () => {
    const error = await Effect.runPromise(
      Effect.flip(
        withRefusals([items[0]!, { ...items[0]!, key: 'd/train/again' }], { refusals: 1, seed: 1 }),
      ),
    )
    expect(error.message).toContain('setting "refusals"')
  })
})
