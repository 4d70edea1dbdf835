import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { assert, layer } from '@effect/vitest'
import { Effect, Fiber, Result } from 'effect'
import { encodePicture, frameOf, type Media, maskClip, selectFrames, Videos } from '../../video/index.ts'
import { barOf, frame, scratch, video } from './files.ts'

const folder = scratch()
const settings = { width: 64, height: 48, fps: 8 }
const frames = (count: number) => Array.from({ length: count }, (_, t) => frame(64, 48, t))

layer(Videos.layer({ workers: 2 }))('Videos', (it) => {
  it.effect('writes and reads back in workers', () =>
    Effect.gen(function* () {
      const videos = yield* Videos
      const path = join(folder, 'a.mp4')
      yield* videos.encode(path, { ...settings, frames: frames(24) })
      const info = yield* videos.probe(path)
      assert.strictEqual(info.duration, 3)
      const clip = yield* videos.clip(path, { kind: 'rate', fps: 2 })
      assert.deepStrictEqual(Array.from(clip.times), [0, 0.5, 1, 1.5, 2, 2.5])
      assert.strictEqual(barOf(clip.rgb.subarray(0, 64 * 48 * 3), 64), 0)
      assert.instanceOf(clip.times, Float64Array)
    }),
  )

  it.effect('makes no more of a clip than is asked for', () =>
    Effect.gen(function* () {
      const videos = yield* Videos
      const path = video(folder, 'media', 16)
      const read = (media?: Media) => videos.clip(path, { kind: 'count', count: 4 }, undefined, media)
      const pixels = yield* read()
      const jpeg = yield* read({ kind: 'jpeg', quality: 90 })
      const file = yield* read({ kind: 'file' })
      for (const clip of [jpeg, file]) {
        assert.deepStrictEqual(clip.times, pixels.times)
        assert.strictEqual(clip.rgb.length, 0)
        assert.deepStrictEqual(
          maskClip(clip, [[0, 0.5]], 'blank').blank,
          maskClip(pixels, [[0, 0.5]], 'blank').blank,
        )
        const kept = selectFrames(clip, (time) => time > 0)
        assert.deepStrictEqual([kept.times.length, kept.rgb.length, kept.partial], [3, 0, true])
      }
      assert.isUndefined(file.encoded)
      const { width, height } = pixels
      assert.deepStrictEqual(
        jpeg.encoded,
        Array.from(pixels.times, (_, place) =>
          encodePicture({ width, height, rgb: frameOf(pixels, place) }, { format: 'jpeg', quality: 90 }),
        ),
      )
      const kept = selectFrames(jpeg, (_, place) => place === 2)
      assert.deepStrictEqual(kept.encoded, [jpeg.encoded![2]!])
      // A frame that is shown twice is one picture.
      const twice = yield* videos.clip(path, { kind: 'times', times: [0, 0] }, undefined, {
        kind: 'jpeg',
        quality: 90,
      })
      assert.strictEqual(twice.encoded?.length, 2)
    }),
  )

  it.effect('reads a batch in its order, failures among successes', () =>
    Effect.gen(function* () {
      const videos = yield* Videos
      const path = video(folder, 'batch', 16)
      const absent = join(folder, 'absent.mp4')
      const requests = Array.from({ length: 30 }, (_, i) => ({
        path: i === 7 ? absent : path,
        sampling: { kind: 'times', times: [(i % 16) / 8] } as const,
      }))
      const results = yield* videos.clips(requests)
      results.forEach((result, i) => {
        if (i === 7) {
          assert.isTrue(Result.isFailure(result) && result.failure.reason === 'missing')
        } else {
          assert.isTrue(Result.isSuccess(result) && result.success.indices[0] === i % 16)
        }
      })
    }),
  )

  it.effect('fails with the path, the problem and the remedy in one line', () =>
    Effect.gen(function* () {
      const videos = yield* Videos
      const path = join(folder, 'absent.mp4')
      const error = yield* Effect.flip(videos.clip(path, { kind: 'count', count: 1 }))
      assert.strictEqual(error._tag, 'VideoError')
      assert.isTrue(error.message.startsWith(`${path}: `) && !error.message.includes('\n'))
    }),
  )

  it.effect('leaves nothing behind when the frames are wrong', () =>
    Effect.gen(function* () {
      const videos = yield* Videos
      const place = join(folder, 'wrong')
      mkdirSync(place)
      const path = join(place, 'a.mp4')
      for (const wrong of [[], [new Uint8Array(3)], [...frames(3), new Uint8Array(3)]]) {
        const error = yield* Effect.flip(videos.encode(path, { ...settings, frames: wrong }))
        assert.strictEqual(error.reason, 'encode')
      }
      assert.deepStrictEqual(readdirSync(place), [])
    }),
  )

  it.effect('stops when interrupted, leaves nothing behind and works on', () =>
    Effect.gen(function* () {
      const videos = yield* Videos
      const place = join(folder, 'interrupted')
      mkdirSync(place)
      const path = join(place, 'a.mp4')
      const big = { width: 320, height: 240, fps: 8 }
      const picture = frame(320, 240, 0)
      const endless = (function* () {
        for (;;) yield picture
      })()
      const encoding = yield* Effect.forkChild(videos.encode(path, { ...big, frames: endless }))
      const long = video(folder, 'long', 400, { width: 160, height: 120 })
      const readings = yield* Effect.forEach(Array.from({ length: 8 }), () =>
        Effect.forkChild(videos.clip(long, { kind: 'rate', fps: 8 })),
      )
      // Real time, not the test clock's: the workers are real.
      yield* Effect.promise(() => setTimeout(60))
      yield* Fiber.interruptAll([encoding, ...readings])
      assert.deepStrictEqual(readdirSync(place), [])
      const clip = yield* videos.clip(long, { kind: 'count', count: 3 })
      assert.strictEqual(clip.times.length, 3)
    }),
  )
})
