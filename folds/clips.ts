import { Clock, Effect, Fiber, type Scope, Semaphore } from 'effect'
import type { VideoError } from '../core/index.ts'
import type { Clip } from '../video/index.ts'

/** A clip, decoded or being decoded. */
export interface Held {
  /** Waits for the decoder. */
  readonly clip: Effect.Effect<Clip, VideoError>
  /** Called once by each holder; the last call releases its memory. */
  readonly release: Effect.Effect<void>
}

export interface ClipsOptions {
  readonly decode: (file: string) => Effect.Effect<Clip, VideoError>
  /** Clips decoded at the same time. */
  readonly decoders: number
  /** Maximum bytes of clips held or being decoded; a single larger clip is processed alone. */
  readonly memory: number
  /** Maximum size of one clip in bytes. */
  readonly largest: number
  /** Called with the milliseconds of each decoding. */
  readonly spent: (milliseconds: number) => void
}

const bytesOf = (clip: Clip): number =>
  clip.rgb.byteLength + (clip.encoded ?? []).reduce((sum, { byteLength }) => sum + byteLength, 0)

/**
 * Decodes clips in the order of the requests, ahead of their use. `hold` returns at once if the file is that of the last
 * call, and otherwise waits until there is memory for one more clip: the maximum size is reserved before decoding, and
 * the unused part released after it. One caller at a time.
 */
export const makeClips = Effect.fnUntraced(function* (options: ClipsOptions) {
  const scope = yield* Effect.scope
  const memory = yield* Semaphore.make(options.memory)
  const decoders = yield* Semaphore.make(options.decoders)
  const reserved = Math.min(options.memory, Math.max(1, options.largest))
  let last: {
    readonly file: string
    readonly hold: () => Held
    readonly release: Effect.Effect<void>
  } | null = null

  const begin = Effect.fnUntraced(function* (file: string) {
    yield* memory.take(reserved)
    let taken = reserved
    const shrink = (bytes: number) =>
      Effect.suspend(() => {
        const excess = taken - Math.min(taken, bytes)
        taken -= excess
        return excess === 0 ? Effect.void : memory.release(excess)
      })
    const decoding = Effect.gen(function* () {
      const started = yield* Clock.currentTimeMillis
      const exit = yield* Effect.exit(options.decode(file))
      options.spent((yield* Clock.currentTimeMillis) - started)
      yield* shrink(exit._tag === 'Success' ? bytesOf(exit.value) : 0)
      return yield* exit
    }).pipe(
      decoders.withPermit,
      Effect.withSpan('decode', { attributes: { 'video.file': file } }, { captureStackTrace: false }),
    )
    const fiber = yield* Effect.forkIn(decoding, scope)
    const clip = Effect.flatten(Fiber.await(fiber))
    let holders = 0
    const release = Effect.suspend(() => (--holders === 0 ? shrink(0) : Effect.void))
    const hold = (): Held => {
      holders++
      return { clip, release }
    }
    return { file, hold, release: hold().release }
  })

  /** A clip of this file for one more holder. */
  const hold = Effect.fnUntraced(function* (file: string) {
    if (last?.file !== file) {
      // The last clip is kept until another is asked for, so that consecutive samples share it.
      yield* finish
      last = yield* begin(file)
    }
    return last.hold()
  })
  const finish = Effect.suspend(() => {
    const release = last?.release ?? Effect.void
    last = null
    return release
  })
  return { hold, finish }
}) satisfies (options: ClipsOptions) => Effect.Effect<
  {
    readonly hold: (file: string) => Effect.Effect<Held>
    /** No further requests follow. */
    readonly finish: Effect.Effect<void>
  },
  never,
  Scope.Scope
>
