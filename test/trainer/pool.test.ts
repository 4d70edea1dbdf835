import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Effect, Logger } from 'effect'
import { afterAll, describe, expect, it } from 'vitest'
import { anyProfile } from '../../models/index.ts'
import { clipsOf } from '../../pipelines/train/clips.ts'
import { lessonOf } from '../../tasks/index.ts'
import { checkOrder, poolOf, samplerOf, type TrainingItem } from '../../trainer/index.ts'
import { cutFigures } from '../../trainer/pool.ts'
import { frameOf, Videos } from '../../video/index.ts'
import { stubItems } from './stub.ts'

const folder = mkdtempSync(join(tmpdir(), 'spanwise-pool-'))
afterAll(() => rmSync(folder, { recursive: true }))

const item: TrainingItem = {
  ...stubItems(1)[0]!,
  key: 'repcount/train/v',
  sample: {
    ...{ id: 'v', dataset: 'repcount', split: 'train', task: 'counting', video: 'v', file: 'v.mp4' },
    ...{ duration: 10, query: 'How often?', windows: null, answer: '3' },
    meta: {
      cycles: [
        [4, 12],
        [12, 20],
        [24, 40],
      ],
      cot: 'rep1',
      action: 'squat',
    },
  },
}
const itemOf = poolOf([item])

describe('a cut of whole repetitions', () => {
  it('is an item of its own: count, cycles and part of the video', () => {
    expect(itemOf('repcount/train/v')).toBe(item)
    expect(itemOf('repcount/train/v~2-3')).toMatchObject({
      key: 'repcount/train/v~2-3',
      segment: [12, 40],
      sample: {
        answer: '2',
        duration: null,
        meta: {
          action: 'squat',
          cycles: [
            [0, 8],
            [12, 28],
          ],
        },
      },
    })
    for (const name of ['repcount/train/w~1-2', 'repcount/train/v~3-4', 'repcount/train/v~0-2'])
      expect(itemOf(name)).toBeUndefined()
  })

  it.each([
    [
      'rep1: 1.0s-3.0s, rep2: 3.0s-5.1s, rep3: 6.0s-10.0s. Total count: 3.',
      'rep1: 0.0s-2.1s, rep2: 3.0s-7.0s. Total count: 2.',
    ],
    // What else is written may be about what the cut does not show.
    ['Three squats. rep1: 1.0s-3.0s, rep2: 3.0s-5.0s, rep3: 6.0s-10.0s. Total count: 3.', null],
    ['rep1: 1.0s-3.0s, rep2: 3.0s-5.0s. Total count: 2.', null],
    ['rep1: 1.0s-3.0s, rep2: 3.0s-5.0s, rep3: 6.0s-10.0s. Total count: 4.', null],
    ['rep1', null],
  ])('teaches thoughts where those about it follow from the written ones: %s', (written, derived) => {
    for (const tag of ['think', 'thinking']) {
      const cot = `<${tag}>${written}</${tag}><answer>3</answer>`
      const of = poolOf([{ ...item, sample: { ...item.sample, meta: { ...item.sample.meta, cot } } }])
      const cut = of('repcount/train/v~2-3')!
      const lesson = derived === null ? '' : `<${tag}>${derived}</${tag}>`
      expect(lessonOf(cut.sample, true)).toBe(`${lesson}<answer>2</answer>`)
      expect(cutFigures([item, cut], true)).toEqual({
        cuts: { samples: 1, thoughts: derived === null ? 0 : 1 },
      })
      expect(cutFigures([cut], false)).toEqual({ cuts: { samples: 1, thoughts: 0 } })
    }
    expect(cutFigures([item], true)).toEqual({})
  })

  it('shows the frames from the first boundary to the last, as a clip that begins at 0', async () => {
    const clips = await Effect.runPromise(
      Effect.gen(function* () {
        const videos = yield* Videos
        yield* videos.encode(join(folder, 'v.mp4'), {
          ...{ width: 64, height: 64, fps: 4 },
          frames: Array.from({ length: 48 }, (_, i) => new Uint8Array(64 * 64 * 3).fill(5 * i)),
        })
        const view = { ...anyProfile.view, fps: 2, maxPixels: 64 * 64, frames: 64, minFrames: 1 }
        const clip = clipsOf(videos, { view }, folder)
        return [
          yield* clip(itemOf('repcount/train/v~2-3')!),
          yield* clip(itemOf('repcount/train/v~1-1')!),
          (yield* Effect.flip(clip({ ...item, segment: [8, 400] }))).message,
        ] as const
      }).pipe(Effect.provide(Videos.layer({ workers: 1 }))),
    )
    const [two, one, past] = clips
    expect(two.info).toMatchObject({ duration: 7, frames: 28 })
    expect(Array.from(two.times)).toEqual(Array.from({ length: 14 }, (_, i) => i / 2))
    expect(Array.from(two.indices)).toEqual(Array.from({ length: 14 }, (_, i) => 12 + 2 * i))
    expect(Math.abs(frameOf(two, 0)[0]! - 60)).toBeLessThan(6)
    expect(Array.from(one.indices)).toEqual([4, 6, 8, 10])
    expect(one.info.duration).toBe(2)
    expect(past).toMatch(/v\.mp4: its annotated cycles end at frame 400, and it has 48$/)
  })
})

describe('the order random-count', () => {
  const check = (items: ReadonlyArray<TrainingItem>, order: 'random-count' | 'shuffled') => {
    const warnings: Array<string> = []
    const logger = Logger.make(({ message }) => void warnings.push(String(message)))
    return Effect.runPromise(
      Effect.as(checkOrder(items, { order }), warnings).pipe(Effect.provide(Logger.layer([logger]))),
    )
  }
  const withCycles = (cycles: ReadonlyArray<ReadonlyArray<number>>): TrainingItem => ({
    ...item,
    sample: { ...item.sample, meta: { cycles: cycles.map((cycle) => [...cycle]) } },
  })

  it('refuses samples without a count', async () => {
    await expect(check([item, ...stubItems(1)], 'random-count')).rejects.toThrow(
      /order.*random-count draws by count.*has task grounding/,
    )
    expect(await check([item, ...stubItems(1)], 'shuffled')).toEqual([])
  })

  it('says which cycles cannot be right, and cuts nothing there', async () => {
    expect(await check([item], 'random-count')).toEqual([])
    for (const cycles of [
      [[0, 8]],
      [
        [0, 8],
        [4, 9],
        [9, 12],
      ],
      [
        [0, 8],
        [8, 8],
        [8, 9],
      ],
      [
        [-4, 8],
        [8, 9],
        [9, 10],
      ],
    ]) {
      const wrong = withCycles(cycles)
      expect(await check([item, wrong], 'random-count')).toEqual([
        expect.stringMatching(
          /^1 of 2 samples are not cut at their cycles, which cannot be right \(repcount\/train\/v: .+\)$/,
        ),
      ])
      const counts = { edges: [0, 1, 2, 3], subclips: 1 }
      const sampler = samplerOf([wrong], { order: 'random-count', seed: 1, counts }, 1)
      const drawn = Array.from({ length: 20 }, (_, place) => sampler.counts!(place).cut)
      expect(drawn.every((cut) => cut === null)).toBe(true)
    }
  })
})
