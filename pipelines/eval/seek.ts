import { join } from 'node:path'
import { Effect } from 'effect'
import { frameSeeker, type SeekSettings, seekDefaults } from '../../agents/index.ts'
import type { Sample } from '../../core/index.ts'
import { readReplies, seekReplies } from '../../eval/index.ts'
import { locate, writeWhole } from '../../files/index.ts'
import { VisionLanguageModel } from '../../models/index.ts'
import { type AnswerOptions, claimPlace } from '../eval.ts'
import { parseSettings } from '../settings.ts'
import { announceSight } from '../sight.ts'

/** How frames are sought; settings that are not given have their defaults. */
export type SeekOptions = AnswerOptions & {
  /** `frames` is the most frames of a round. */
  readonly seek: Partial<Pick<SeekSettings, 'rounds' | 'start' | 'mode' | 'requests' | 'seed'>> &
    Pick<SeekSettings, 'frames'>
}

/**
 * Greedy answers of the model in context to multiple-choice questions, for which it asks for frames round by round.
 * Written like those of `answer`, with every round in `conversations.jsonl`.
 */
export const answerSeeking = Effect.fn('Pipelines.answerSeeking')(function* (
  samples: ReadonlyArray<Sample>,
  { videos, inFlight = 32, reader, seek, benchmark = null, ...place }: SeekOptions,
) {
  const { identity: model, profile } = yield* VisionLanguageModel
  const settings = yield* parseSettings('frame seeking', frameSeeker.settings, {
    ...seekDefaults(profile),
    ...seek,
    minFrames: Math.min(profile.view.minFrames, seek.frames),
    // Sparse-Video-R1's reader takes digits for options.
    labels: reader === 'sparse-video-r1' ? 'digits' : 'letters',
    benchmark,
  })
  const folder = yield* claimPlace(place, {
    agent: frameSeeker.name,
    model,
    prompt: frameSeeker.promptVersion(settings),
    settings: { ...settings },
  })
  yield* announceSight({
    profile: { ...profile, view: { ...profile.view, frames: settings.frames, fps: 1 } },
    ...{ medium: 'pictures', question: 'choice' },
    datasets: [...new Set(samples.map(({ dataset }) => dataset))],
    files: samples.slice(0, 100).map(({ file }) => locate(videos, file)),
  })
  const { replies, uses } = yield* seekReplies({ folder, videos, settings, inFlight })(samples)
  const { predictions, tally } = readReplies(samples, replies, reader)
  const lines = (rows: Iterable<object>) => [...rows].map((row) => `${JSON.stringify(row)}\n`).join('')
  yield* writeWhole(join(folder, 'predictions.jsonl'), lines(predictions.values()))
  yield* writeWhole(
    join(folder, 'conversations.jsonl'),
    lines([...uses].map(([id, use]) => ({ id, ...use }))),
  )
  return { folder, predictions, tally, uses }
})
