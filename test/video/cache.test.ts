import { mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { assert, describe, it } from '@effect/vitest'
import { Effect, Result } from 'effect'
import fc from 'fast-check'
import { cachedClip } from '../../video/cache/cache.ts'
import { packClip, unpackClip } from '../../video/cache/file.ts'
import { makeTally } from '../../video/cache/tally.ts'
import { trimCache } from '../../video/cache/trim.ts'
import { type Clip, type FrameSampling, type Media, maskClip, Videos } from '../../video/index.ts'
import { readClip } from '../../video/read.ts'
import { scratch, video } from './files.ts'

const folder = scratch()
const budget = { maxPixels: 2048, factor: 16 }
const samplings: ReadonlyArray<FrameSampling> = [
  { kind: 'rate', fps: 4, max: 9 },
  // Asks for one frame several times.
  { kind: 'times', times: [0.1, 0.11, 1.5, 0.1] },
  { kind: 'count', count: 5 },
]
const medias: ReadonlyArray<Media> = [{ kind: 'pixels' }, { kind: 'jpeg', quality: 80 }, { kind: 'file' }]

let caches = 0
const newCache = (limit = 1 << 30) => ({ folder: join(folder, `cache-${++caches}`), limit })
const filesOf = (cache: string): ReadonlyArray<string> =>
  readdirSync(cache, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
const plain = ({ rgb, encoded, times, indices, blank, ...rest }: Clip) => ({
  ...rest,
  ...{ rgb: [...rgb], encoded: encoded?.map((bytes) => [...bytes]) },
  ...{ times: [...times], indices: [...indices], blank: [...blank] },
})
/** What a worker does with a request, in this thread. */
const read = (path: string, cache: { readonly folder: string; readonly limit: number }): Clip => {
  const request = { path, sampling: samplings[0]!, budget, media: { kind: 'pixels' } } as const
  return cachedClip(cache, makeTally(), request, () => readClip(path, request.sampling, budget))
}

describe('the cache of clips', () => {
  it.effect('gives byte for byte what decoding gives, whatever the sampling and the media', () =>
    Effect.gen(function* () {
      const path = video(folder, 'same', 16)
      const cache = newCache()
      const all = (settings?: typeof cache) =>
        Effect.gen(function* () {
          const videos = yield* Videos
          return yield* Effect.forEach(
            samplings.flatMap((sampling) => medias.map((media) => ({ sampling, media }))),
            ({ sampling, media }) => videos.clip(path, sampling, budget, media),
          )
        }).pipe(Effect.provide(Videos.layer({ workers: 1, ...(settings ? { cache: settings } : {}) })))
      const bare = yield* all()
      const first = yield* all(cache)
      const files = filesOf(cache.folder)
      assert.strictEqual(files.length, samplings.length * medias.length)
      const stamps = files.map((file) => statSync(file).ino)
      const second = yield* all(cache)
      assert.deepStrictEqual(first.map(plain), bare.map(plain))
      assert.deepStrictEqual(second.map(plain), bare.map(plain))
      // Served from the files, not made anew.
      assert.deepStrictEqual(
        filesOf(cache.folder).map((file) => statSync(file).ino),
        stamps,
      )
      // A cached clip is masked as any other.
      const masks = [bare, second].map(([clip]) => plain(maskClip(clip!, [[0.5, 1]], 'blank')))
      assert.deepStrictEqual(masks[1], masks[0])
    }),
  )

  it('makes damaged files anew', () => {
    const path = video(folder, 'damaged', 16)
    const cache = newCache()
    const clip = plain(read(path, cache))
    const [file] = filesOf(cache.folder)
    const whole = readFileSync(file!)
    const flipped = Uint8Array.from(whole)
    flipped[whole.length - 9]! ^= 4
    for (const damaged of [whole.subarray(0, whole.length - 1), whole.subarray(0, 20), '', flipped]) {
      writeFileSync(file!, damaged)
      assert.deepStrictEqual(plain(read(path, cache)), clip)
      assert.isTrue(readFileSync(file!).equals(whole))
    }
  })

  it('knows a video by its size and time, and keeps no failures', () => {
    const cache = newCache()
    const path = video(folder, 'changing', 16)
    assert.strictEqual(read(path, cache).info.frames, 16)
    video(folder, 'changing', 24)
    assert.strictEqual(read(path, cache).info.frames, 24)
    utimesSync(path, 1e9, 1e9)
    read(path, cache)
    assert.strictEqual(filesOf(cache.folder).length, 3)
    writeFileSync(path, 'no video')
    for (const bad of [path, join(folder, 'missing.mp4')]) assert.throws(() => read(bad, cache))
    assert.strictEqual(filesOf(cache.folder).length, 3)
  })

  it.effect('stays below its limit, shared by many', () =>
    Effect.gen(function* () {
      const paths = Array.from({ length: 12 }, (_, i) => video(folder, `many-${i}`, 8))
      const probe = newCache()
      read(paths[0]!, probe)
      const one = statSync(filesOf(probe.folder)[0]!).size
      const cache = newCache(Math.floor(4.5 * one))
      const readers = Array.from({ length: 3 }, () =>
        Effect.gen(function* () {
          const videos = yield* Videos
          const requests = paths.map((path) => ({ path, sampling: samplings[0]!, budget }))
          return yield* videos.clips(requests)
        }).pipe(Effect.provide(Videos.layer({ workers: 2, cache }))),
      )
      for (const clips of yield* Effect.all(readers, { concurrency: 'unbounded' }))
        assert.isTrue(clips.every(Result.isSuccess))
      // Each of three processes may fill half of the room that it saw before it looks again.
      assert.isAtMost(filesOf(cache.folder).length, 4 + 3 * 2)
      assert.isTrue(filesOf(cache.folder).every((file) => file.endsWith('.clip')))
      trimCache(cache.folder, cache.limit)
      assert.isAtMost(filesOf(cache.folder).length, 4)
    }),
  )

  it('lets the least recently used go first, and what a killed process left', () => {
    const cache = newCache().folder
    mkdirSync(join(cache, 'ab'), { recursive: true })
    const put = (name: string, bytes: number, used: number) => {
      writeFileSync(join(cache, 'ab', name), new Uint8Array(bytes))
      utimesSync(join(cache, 'ab', name), used, used)
    }
    const now = Date.now() / 1000
    for (const [i, name] of ['b', 'c', 'a', 'd'].entries()) put(`${name}.clip`, 100, now - 100 + i)
    put('old.clip.1.tmp', 10, now - 4000)
    put('new.clip.2.tmp', 10, now)
    assert.strictEqual(trimCache(cache, 400), 400)
    assert.strictEqual(trimCache(cache, 300), 200)
    assert.deepStrictEqual(readdirSync(join(cache, 'ab')).sort(), ['a.clip', 'd.clip', 'new.clip.2.tmp'])
    assert.strictEqual(trimCache(join(cache, 'nowhere'), 1), 0)
  })

  it('keeps what cannot be removed, and gives the clip all the same', () => {
    const path = video(folder, 'shared', 16)
    const cache = newCache(1)
    // Removing a file fails for a folder whoever runs the test, as it does for files of other users.
    for (const name of ['stuck.clip', 'stuck.tmp']) {
      mkdirSync(join(cache.folder, 'ab', name), { recursive: true })
      utimesSync(join(cache.folder, 'ab', name), 1e9, 1e9)
    }
    assert.strictEqual(read(path, cache).info.frames, 16)
    assert.deepStrictEqual(readdirSync(join(cache.folder, 'ab')).sort(), ['stuck.clip', 'stuck.tmp'])
    assert.deepStrictEqual(filesOf(cache.folder), [])
  })

  it('reads no file that was cut or changed anywhere, nor one of another key', () => {
    const info = { path: 'v', duration: 1.1, fps: 3, width: 2, height: 1, rotation: 0, frames: 3 }
    const clip: Clip = {
      ...{ width: 2, height: 1, fps: 3 },
      info: { ...info, variableFrameRate: false, codec: 'h264' },
      times: Float64Array.from([0, 1 / 3, 2 / 3]),
      rgb: Uint8Array.from({ length: 18 }, (_, i) => i),
      blank: new Uint8Array(3),
      indices: Int32Array.from([0, 1, 2]),
    }
    const whole = new Uint8Array(Buffer.concat(packClip('key', clip)))
    assert.deepStrictEqual(plain(unpackClip('key', whole)!), plain(clip))
    assert.isNull(unpackClip('other', whole))
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        assert.isNull(unpackClip('key', whole.slice(0, at)))
        const changed = whole.slice()
        changed[at]! ^= change
        assert.isNull(unpackClip('key', changed))
      }),
    )
  })
})
