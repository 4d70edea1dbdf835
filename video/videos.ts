import { availableParallelism } from 'node:os'
import { Context, Effect, Layer, type Result } from 'effect'
import { VideoError } from '../core/index.ts'
import { type CacheSettings, makeTally } from './cache/tally.ts'
import { Cancelled, VideoFault } from './fault.ts'
import type { Clip, EncodeSettings, FrameSampling, Media, PixelBudget, VideoInfo } from './model.ts'
import { VideoPool, type VideoWorker } from './pool.ts'

/** One clip of a batch. */
export interface ClipRequest {
  readonly path: string
  readonly sampling: FrameSampling
  readonly budget?: PixelBudget
}

/** Frames are sent to the encoder in chunks of about this many bytes, so that a long video needs little memory. */
const PORTION = 4 << 20

const errorOf = (path: string, error: unknown): VideoError => {
  if (error instanceof VideoFault)
    return new VideoError({ path, reason: error.reason, problem: error.message })
  const problem =
    error instanceof Cancelled ? 'stopped' : error instanceof Error ? error.message : String(error)
  return new VideoError({ path, reason: 'unreadable', problem })
}

/** Sends `frames` to a worker's open encoder, the next portion being made while the last is encoded. */
const sendFrames = async (
  worker: VideoWorker,
  { width, height }: EncodeSettings,
  frames: Iterable<Uint8Array>,
  signal: AbortSignal,
) => {
  const size = width * height * 3
  const perPortion = Math.max(1, Math.floor(PORTION / size))
  let portion = new Uint8Array(0)
  let filled = 0
  let number = 0
  let last: Promise<null> = Promise.resolve(null)
  const send = async () => {
    await last
    if (signal.aborted) throw new Cancelled()
    last = worker.ask({ kind: 'encode-frames', frames: portion.subarray(0, filled * size) }, [portion.buffer])
    // The rejection is met at the next await; this keeps Node from calling it unhandled until then.
    last.catch(() => undefined)
    filled = 0
  }
  for (const frame of frames) {
    if (frame.byteLength !== size)
      throw new VideoFault(
        'encode',
        `frame ${number} has ${frame.byteLength} bytes, not ${width}x${height}x3`,
      )
    if (filled === 0) portion = new Uint8Array(perPortion * size)
    portion.set(frame, filled * size)
    filled++
    number++
    if (filled === perPortion) await send()
  }
  if (filled > 0) await send()
  await last
}

/** Reads and writes videos in a bounded pool of worker threads; handles are released with each request. */
export class Videos extends Context.Service<
  Videos,
  {
    /** Measures a file: every packet is listed, nothing is decoded. */
    readonly probe: (path: string) => Effect.Effect<VideoInfo, VideoError>
    /**
     * The frames that `sampling` takes, upright, resized to `budget` (their own size without one): decoded to RGB
     * unless `media` asks for something else.
     */
    readonly clip: (
      path: string,
      sampling: FrameSampling,
      budget?: PixelBudget,
      media?: Media,
    ) => Effect.Effect<Clip, VideoError>
    /** Many clips at once, as many at a time as there are workers, each with its own success or failure. */
    readonly clips: (
      requests: ReadonlyArray<ClipRequest>,
    ) => Effect.Effect<Array<Result.Result<Clip, VideoError>>>
    /**
     * Writes RGB frames `[height, width, 3]` to an h264 mp4, byte for byte the same for the same frames. The file
     * appears only when it is complete. `frames` is drawn on the calling thread while earlier frames are encoded.
     */
    readonly encode: (
      path: string,
      options: EncodeSettings & { readonly frames: Iterable<Uint8Array> },
    ) => Effect.Effect<void, VideoError>
    /** Number of worker threads: how many requests are worth keeping in flight. */
    readonly workers: number
  }
>()('spanwise/video/Videos') {
  /**
   * `workers`: number of threads, default one per processor, at most 8. Threads start when first needed.
   * `cache`: where `clip` and `clips` keep what they made, for the next process too; without it nothing is kept.
   */
  static readonly layer = (options: { readonly workers?: number; readonly cache?: CacheSettings } = {}) =>
    Layer.effect(
      Videos,
      Effect.gen(function* () {
        const workers = Math.max(1, options.workers ?? Math.min(8, availableParallelism()))
        const cache =
          options.cache === undefined ? undefined : { settings: options.cache, tally: makeTally() }
        const pool = yield* Effect.acquireRelease(
          Effect.sync(() => new VideoPool(workers, cache)),
          (owned) => Effect.promise(() => owned.close()),
        )

        /** Runs a job in the pool; an interruption stops it and waits until its handles are released. */
        const use = <A>(
          path: string,
          job: (worker: VideoWorker, signal: AbortSignal) => Promise<A>,
        ): Effect.Effect<A, VideoError> =>
          Effect.callback((resume, signal) => {
            let started = false
            const settled = pool
              .use(signal, (worker) => {
                started = true
                return job(worker, signal)
              })
              .then(
                (value) => resume(Effect.succeed(value)),
                (error) => resume(Effect.fail(errorOf(path, error))),
              )
            // A job that still waits for its turn holds nothing: no reason to wait for it.
            return Effect.suspend(() => (started ? Effect.promise(() => settled) : Effect.void))
          })

        const clip = (path: string, sampling: FrameSampling, budget?: PixelBudget, media?: Media) =>
          use(path, (worker) => worker.ask({ kind: 'clip', path, sampling, budget, media }))

        return Videos.of({
          workers,
          probe: (path) => use(path, (worker) => worker.ask({ kind: 'probe', path })),
          clip,
          clips: (requests) =>
            Effect.forEach(
              requests,
              ({ path, sampling, budget }) => Effect.result(clip(path, sampling, budget)),
              // One more than there are workers, so that none waits for the main thread.
              { concurrency: workers + 1 },
            ),
          encode: (path, { frames, ...settings }) =>
            use(path, async (worker, signal) => {
              await worker.ask({ kind: 'encode-open', path, settings })
              try {
                await sendFrames(worker, settings, frames, signal)
                await worker.ask({ kind: 'encode-finish' })
              } catch (error) {
                await worker.ask({ kind: 'encode-abort' })
                throw error
              }
            }),
        })
      }),
    )
}
