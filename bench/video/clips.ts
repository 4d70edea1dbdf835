/**
 * Encodes 600 and decodes 2000 small clips (16 s at 8 fps, the shapes world's kind) through the `Videos` service and
 * prints the rates. Run: `node bench/video/clips.ts [side] [workers] [encodes] [decodes]`.
 *
 * On two processors shared with other work: 64 px, 600 encoded in 3.9 s and 2000 decoded at 2 fps in 3.9-5.3 s.
 * Processor time of one clip in one thread: 7.8 ms to encode, 2.3 ms to decode at 2 fps and 4.0 ms at 8 fps
 * (15.5, 4.0 and 9.6 ms at 128 px).
 */
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Console, Effect, Result } from 'effect'
import { random } from '../../core/index.ts'
import { Videos } from '../../video/index.ts'

const [side = 64, workers = 2, encodes = 600, decodes = 2000] = process.argv.slice(2).map(Number)
const frames = 128

/** A moving square on noise: 16 s at 8 fps. */
const scene = (seed: number): Array<Uint8Array> => {
  const draw = random(seed)
  const noise = Uint8Array.from({ length: side * side * 3 }, () => draw.int(60, 84))
  return Array.from({ length: frames }, (_, t) => {
    const rgb = noise.slice()
    const size = side >> 2
    for (let y = 0; y < size; y++)
      for (let x = 0; x < size; x++) {
        const at = ((y + (t % (side - size))) * side + x + 8) * 3
        rgb.set([220, 40, 40], at)
      }
    return rgb
  })
}

const program = Effect.gen(function* () {
  const videos = yield* Videos
  const folder = yield* Effect.acquireRelease(
    Effect.promise(() => mkdtemp(join(tmpdir(), 'spanwise-bench-'))),
    (path) => Effect.promise(() => rm(path, { recursive: true })),
  )
  const scenes = Array.from({ length: 8 }, (_, seed) => scene(seed))
  const pathOf = (i: number) => join(folder, `${i % encodes}.mp4`)
  const settings = { width: side, height: side, fps: 8 }

  // The first requests start the threads and load FFmpeg; that is timed apart.
  const beforeStart = performance.now()
  yield* Effect.forEach(scenes, (frames, i) => videos.encode(pathOf(i), { ...settings, frames }), {
    concurrency: workers,
  })
  yield* Console.log(`start of ${workers} workers: ${(performance.now() - beforeStart).toFixed(0)} ms`)

  const beforeEncode = performance.now()
  yield* Effect.forEach(
    Array.from({ length: encodes }, (_, i) => i),
    (i) => videos.encode(pathOf(i), { ...settings, frames: scenes[i % scenes.length]! }),
    { concurrency: workers + 1, discard: true },
  )
  const encoded = (performance.now() - beforeEncode) / 1000
  const { size } = yield* Effect.promise(() => stat(pathOf(0)))
  yield* Console.log(
    `encode ${encodes} clips of ${side}x${side}x${frames}: ${encoded.toFixed(2)} s (${(encodes / encoded).toFixed(0)} a second, ${(size / 1000).toFixed(0)} kB each)`,
  )

  for (const fps of [2, 8]) {
    const before = performance.now()
    let failed = 0
    for (let from = 0; from < decodes; from += 100) {
      const requests = Array.from({ length: Math.min(100, decodes - from) }, (_, i) => ({
        path: pathOf(from + i),
        sampling: { kind: 'rate', fps } as const,
      }))
      const clips = yield* videos.clips(requests)
      failed += clips.filter(Result.isFailure).length
    }
    const seconds = (performance.now() - before) / 1000
    yield* Console.log(
      `decode ${decodes} clips at ${fps} fps: ${seconds.toFixed(2)} s (${(decodes / seconds).toFixed(0)} a second, ${failed} failed)`,
    )
  }
})

await Effect.runPromise(program.pipe(Effect.scoped, Effect.provide(Videos.layer({ workers }))))
