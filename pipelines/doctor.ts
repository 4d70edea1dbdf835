import { Effect } from 'effect'
import { hasImageSuffix, InputError } from '../core/index.ts'
import { frameTimes, type ModelProfile, samplingOf, type Transport, takenByServer } from '../models/index.ts'
import { Videos } from '../video/index.ts'

/** Options of `spanwise doctor timestamps`. */
export interface TimestampOptions {
  readonly video: string
  readonly profile: ModelProfile
  readonly transport: Transport
  /** Whether a server that samples the frames of a file itself rounds their numbers; otherwise it truncates them. */
  readonly rounds: boolean
}

/**
 * `spanwise doctor timestamps`: the time of each frame as the model receives it, compared with the true time.
 * Nothing is decoded and no server is contacted: times come from the file's packets, the rest from published formulas.
 */
export const runTimestamps = Effect.fn('Pipelines.runTimestamps')(function* (options: TimestampOptions) {
  const { video, profile, transport, rounds } = options
  if (hasImageSuffix(video))
    return yield* new InputError({
      subject: `--video ${video}`,
      problem: 'is an image, which has no time line',
      remedy: 'use a video file',
    })
  const videos = yield* Videos
  const info = yield* videos.probe(video)
  const media = { kind: 'file' } as const
  const all = yield* videos.clip(video, { kind: 'count', count: info.frames }, undefined, media)
  const ours = yield* videos.clip(video, samplingOf(profile.view), undefined, media)
  const indices =
    transport === 'file' ? takenByServer(info.frames, ours.times.length, rounds) : Array.from(ours.indices)
  const frames = frameTimes(
    { source: all.times, duration: info.duration, indices, fps: ours.fps },
    profile,
    transport,
  )
  return {
    ...{ video, model: profile.model, family: profile.family, transport, timestamps: profile.timestamps },
    ...{ duration: info.duration, fps: info.fps, variableFrameRate: info.variableFrameRate },
    frames,
    wrong: frames.filter(({ wrong }) => wrong).length,
  }
})
