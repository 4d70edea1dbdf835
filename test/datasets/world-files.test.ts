import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@effect/vitest'
import { Effect, type Layer } from 'effect'
import { InputError } from '../../core/index.ts'
import { lookup } from '../../datasets/index.ts'
import {
  defaultWorldSettings,
  readTruth,
  renderFrame,
  type WorldSettings,
  worldVideos,
  writeWorld,
} from '../../datasets/shapes/index.ts'
import { Videos } from '../../video/index.ts'

const settings: WorldSettings = {
  ...defaultWorldSettings,
  seed: 11,
  splits: [
    { split: 'train', videos: 4 },
    { split: 'valid', videos: 2 },
  ],
}
const layer: Layer.Layer<Videos> = Videos.layer({ workers: 1 })
const write = (folder: string, wanted = settings) =>
  Effect.runPromise(writeWorld(folder, wanted).pipe(Effect.provide(layer)))

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spanwise-world-'))
  await write(folder)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe('a written world', () => {
  it('is what the manifest says', async () => {
    const manifest = await write(folder)
    expect(manifest.splits.train).toMatchObject({ videos: 4, samples: { grounding: 8 } })
    expect((await readdir(join(folder, 'videos'))).toSorted()).toEqual(
      ['train-00000', 'train-00001', 'train-00002', 'train-00003', 'valid-00000', 'valid-00001'].map(
        (name) => `${name}.mp4`,
      ),
    )
    expect(await readdir(folder)).not.toContain('settings.json')
  })

  it('holds videos that show the scenes', async () => {
    const [first] = worldVideos(settings, settings.splits[0]!)
    const clip = await Effect.runPromise(
      Effect.gen(function* () {
        const videos = yield* Videos
        return yield* videos.clip(join(folder, 'videos', `${first!.video}.mp4`), { kind: 'rate', fps: 2 })
      }).pipe(Effect.provide(layer)),
    )
    expect(clip.times.length).toBe(first!.scene.ticks / 4)
    clip.times.forEach((time, index) => {
      const drawn = renderFrame(first!.scene, time, 128)
      const shown = clip.rgb.subarray(index * drawn.length, (index + 1) * drawn.length)
      const error = drawn.reduce((sum, value, i) => sum + Math.abs(value - shown[i]!), 0) / drawn.length
      expect(error).toBeLessThan(8)
    })
  })

  it('is read back whole, with its truth apart', async () => {
    const dataset = await Effect.runPromise(lookup('shapes'))
    const { samples, problems } = await Effect.runPromise(dataset.read(folder, 'train'))
    expect(problems).toEqual([])
    const written = worldVideos(settings, settings.splits[0]!).flatMap((video) => video.samples)
    expect(new Set(samples.map(({ id }) => id))).toEqual(new Set(written.map(({ id }) => id)))
    expect(JSON.stringify(samples)).not.toContain('partial')
    const truth = await Effect.runPromise(readTruth(folder, 'train'))
    for (const { id } of samples) expect(truth.has(id)).toBe(true)
  })

  it('has the same annotation bytes when written again elsewhere', async () => {
    const other = await mkdtemp(join(tmpdir(), 'spanwise-world-'))
    await write(other)
    for (const name of (await readdir(folder)).filter((one) => one.endsWith('.jsonl')))
      expect(await readFile(join(other, name), 'utf8')).toBe(await readFile(join(folder, name), 'utf8'))
    await rm(other, { recursive: true })
  })

  it('refuses a folder of other settings, and a world that cannot be', async () => {
    await expect(write(folder, { ...settings, seed: 12 })).rejects.toThrow(/other settings/)
    await expect(write(folder, { ...settings, partial: 2 })).rejects.toThrow(/partial/)
    await expect(write(join(folder, 'manifest.json', 'world'))).rejects.toThrow(InputError)
  })

  it('reports rows that do not fit by line', async () => {
    const bad = await mkdtemp(join(tmpdir(), 'spanwise-world-'))
    const good = (await readFile(join(folder, 'train.choice.jsonl'), 'utf8')).split('\n')[0]!
    await writeFile(
      join(bad, 'train.choice.jsonl'),
      [good, '{"id": 3}', good, '{"id":', good.replace('"answer":"', '"answer":"Z')].join('\n'),
    )
    const dataset = await Effect.runPromise(lookup('shapes'))
    const { samples, problems } = await Effect.runPromise(dataset.read(bad, 'train'))
    expect(samples).toHaveLength(1)
    expect(problems.map(({ line, kind }) => [line, kind])).toEqual([
      [2, 'malformed'],
      [3, 'duplicate-id'],
      [4, 'malformed'],
      [5, 'malformed'],
    ])
    await rm(bad, { recursive: true })
  })
})
