import { join } from 'node:path'
import { Cache, Effect, Stream } from 'effect'
import type { Agent, ViewSettings } from '../agents/index.ts'
import { type ModelError, VisionLanguageModel } from '../models/index.ts'
import { Videos } from '../video/index.ts'
import type { Record } from './journal.ts'
import type { Planned } from './plan.ts'

export interface LookOptions<S, C> {
  /** Folder of the videos. */
  readonly videos: string
  readonly settings: S
  readonly context: C
  /** Samples with the model at the same time; what lets a backend make batches. */
  readonly inFlight: number
  /** Clips decoded at the same time, ahead of the model. */
  readonly decoders: number
}

/** So many failures of the model in a row stop the fold: then it is not the samples. */
const patience = 16

/**
 * Looks at samples: decodes ahead of the model, asks, and gives one record per sample, in the order of completion.
 * A missing video is `absent`, one that cannot be decoded or a model that does not answer `failed` with its reason.
 * Samples in a row that share a video share its decoded clip.
 */
export const look = <S extends ViewSettings, E, C>(
  agent: Agent<S, E, C>,
  samples: ReadonlyArray<Planned>,
  { videos, settings, context, inFlight, decoders }: LookOptions<S, C>,
): Stream.Stream<Record, ModelError, Videos | VisionLanguageModel> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const video = yield* Videos
      const model = yield* VisionLanguageModel
      const clips = yield* Cache.make({
        capacity: decoders + 2,
        lookup: (file: string) =>
          video.clip(
            join(videos, file),
            { kind: 'rate', fps: settings.fps, max: settings.frames },
            { maxPixels: settings.maxPixels, factor: model.frameFactor },
          ),
      })
      let failuresInARow = 0

      const decode = Effect.fnUntraced(function* (planned: Planned) {
        const unfit = agent.unfit(planned.sample)
        if (unfit !== null) return { planned, unfit }
        return { planned, unfit, clip: yield* Effect.exit(Cache.get(clips, planned.sample.file)) }
      })
      const investigate = Effect.fnUntraced(function* (decoded: Effect.Success<ReturnType<typeof decode>>) {
        const { key, sample } = decoded.planned
        if (decoded.unfit !== null)
          return { key, state: 'unfit' as const, reason: decoded.unfit, evidence: null }
        const clip = decoded.clip
        const result = yield* Effect.result(
          Effect.flatMap(clip, (frames) => agent.investigate(sample, frames, settings, context)),
        )
        if (result._tag === 'Success') {
          failuresInARow = 0
          return { key, state: 'looked' as const, reason: null, evidence: result.success as unknown }
        }
        const error = result.failure
        if (error._tag === 'ModelError' && ++failuresInARow >= patience) return yield* error
        return error._tag === 'VideoError'
          ? {
              key,
              state: error.reason === 'missing' ? ('absent' as const) : ('failed' as const),
              reason: error.reason,
              evidence: null,
            }
          : { key, state: 'failed' as const, reason: `model: ${error.problem}`, evidence: null }
      })
      return Stream.fromIterable(samples).pipe(
        Stream.mapEffect(decode, { concurrency: decoders }),
        Stream.mapEffect(investigate, { concurrency: inFlight, unordered: true }),
      )
    }),
  )
