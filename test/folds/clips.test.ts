import { assert, describe, it } from '@effect/vitest'
import { Cause, Effect, Queue } from 'effect'
import fc from 'fast-check'
import { VideoError } from '../../core/index.ts'
import { type Held, makeClips } from '../../folds/clips.ts'
import { boundBy } from '../../folds/index.ts'
import type { Clip } from '../../video/index.ts'

const clipOf = (file: string, bytes: number): Clip => ({
  ...{ width: 1, height: 1, fps: 1 },
  times: new Float64Array(1),
  indices: new Int32Array(1),
  blank: new Uint8Array(1),
  rgb: new Uint8Array(bytes),
  info: {
    ...{ path: file, duration: 1, fps: 1, width: 1, height: 1, rotation: 0, frames: 1 },
    ...{ variableFrameRate: false, codec: 'h264' },
  },
})

describe('clips ahead of the model', () => {
  it.effect('never take more memory than they may, and are decoded once for samples in a row', () =>
    Effect.promise(() =>
      fc.assert(
        fc.asyncProperty(
          fc.record({
            // Sizes above `largest` do not come; a bound below it lets one clip through at a time.
            sizes: fc.array(fc.integer({ min: 0, max: 10 }), { minLength: 1, maxLength: 8 }),
            files: fc.array(fc.nat(7), { maxLength: 30 }),
            memory: fc.integer({ min: 5, max: 40 }),
            decoders: fc.integer({ min: 1, max: 4 }),
            users: fc.integer({ min: 1, max: 5 }),
          }),
          ({ sizes, files, memory, decoders, users }) =>
            Effect.gen(function* () {
              const live = new Map<number, number>()
              const broken: Array<string> = []
              let decoding = 0
              let decoded = 0
              const clips = yield* makeClips({
                ...{ decoders, memory, largest: 10, spent: () => undefined },
                decode: Effect.fnUntraced(function* (file) {
                  decoded++
                  if (++decoding > decoders) broken.push(`${decoding} decoders`)
                  yield* Effect.yieldNow
                  decoding--
                  const size = sizes[Number(file) % sizes.length]!
                  if (size === 0) return yield* new VideoError({ path: file, reason: 'empty', problem: '' })
                  live.set(decoded, size)
                  // A clip that is larger than the memory is alone.
                  const held = [...live.values()].reduce((sum, bytes) => sum + bytes, 0)
                  if (held > Math.max(memory, size)) broken.push(`${held} bytes`)
                  return clipOf(String(decoded), size)
                }),
              })
              // Users are slow: whoever feeds them runs ahead as far as it may.
              const queue = yield* Queue.make<Held, Cause.Done>()
              const use = Effect.gen(function* () {
                const held = yield* Queue.take(queue)
                const clip = yield* Effect.exit(held.clip)
                for (let i = 0; i < 5; i++) yield* Effect.yieldNow
                if (clip._tag === 'Success') live.delete(Number(clip.value.info.path))
                yield* held.release
              }).pipe(
                Effect.forever,
                Effect.catchIf(Cause.isDone, () => Effect.void),
              )
              const feed = Effect.gen(function* () {
                for (const file of files) yield* Queue.offer(queue, yield* clips.hold(String(file)))
                yield* clips.finish
                yield* Queue.end(queue)
              })
              yield* Effect.all([feed, ...Array.from({ length: users }, () => use)], {
                concurrency: 'unbounded',
              })
              assert.deepStrictEqual(broken, [])
              assert.strictEqual(decoded, files.filter((file, i) => file !== files[i - 1]).length)
            }).pipe(Effect.scoped, Effect.runPromise),
        ),
        { numRuns: 60 },
      ),
    ),
  )
})

describe('a finished fold', () => {
  it('says what it waited for', () => {
    assert.strictEqual(boundBy({ decode: 9, model: 60, wait: 2, write: 1 }, 10), 'model')
    assert.strictEqual(boundBy({ decode: 20, model: 5, wait: 60, write: 1 }, 10), 'decode')
    assert.strictEqual(boundBy({ decode: 1, model: 5, wait: 6, write: 9 }, 10), 'write')
  })
})
