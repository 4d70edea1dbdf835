import { basename } from 'node:path'
import { Effect, Layer } from 'effect'
import { type DifficultyEvidence, difficultyEstimation } from '../agents/index.ts'
import { type Sample, VideoError } from '../core/index.ts'
import { type AnswerFile, readPublishedAnswers } from '../datasets/index.ts'
import { anyProfile, VisionLanguageModel } from '../models/index.ts'
import { type Clip, Videos } from '../video/index.ts'
import { runAgent } from './agent.ts'
import type { DatasetSource } from './source.ts'

/** Options of `spanwise datasets import`. */
export interface ImportOptions extends DatasetSource {
  /** The run's folder. */
  readonly run: string
  /** The file of published answers. */
  readonly from: string
}

/** Nothing is computed, so the whole dataset is one fold. */
const foldSize = 100_000_000

/** A clip without frames and without an end: published answers are judged by the annotated duration. */
const unseen = (path: string): Clip => ({
  width: 0,
  height: 0,
  times: new Float64Array(),
  rgb: new Uint8Array(),
  blank: new Uint8Array(),
  fps: 0,
  indices: new Int32Array(),
  info: {
    ...{ path, duration: Number.POSITIVE_INFINITY, fps: 0, width: 0, height: 0, rotation: 0, frames: 0 },
    ...{ variableFrameRate: false, codec: 'none' },
  },
})

/** No video is opened. */
const noVideos = Layer.succeed(Videos, {
  probe: (path) =>
    Effect.fail(new VideoError({ path, reason: 'missing', problem: 'is not needed for published answers' })),
  clip: (path) => Effect.succeed(unseen(path)),
  clips: () => Effect.succeed([]),
  encode: () => Effect.void,
  workers: 1,
})

/** No model is queried: this identity represents the file in the records of the run. */
const modelOfFile = (path: string, { sha256 }: AnswerFile) =>
  Layer.succeed(VisionLanguageModel, {
    identity: { backend: 'published', model: basename(path), revision: sha256.slice(0, 16) },
    profile: anyProfile,
    media: { kind: 'pixels' },
    chat: () => Effect.succeed([]),
    choose: () => Effect.succeed(null),
  })

const durationOf = (answers: AnswerFile, sample: Sample): number | null =>
  sample.duration ?? answers.of(sample)?.duration ?? null

/**
 * `spanwise datasets import`: difficulties from published answers (TimeLens, TimeLens2, Time-R1), stored as if
 * this run's model had given them, for curation. Replies and windows are judged by this agent's own rule,
 * so a repaired annotation changes the difficulty; a bare IoU is taken as it is. Samples without a row are dropped.
 */
export const runImport = Effect.fn('Pipelines.runImport')(function* (options: ImportOptions) {
  const answers = yield* readPublishedAnswers(options.from)
  for (const { file, line, message } of answers.problems.slice(0, 10))
    yield* Effect.logWarning(`${file}:${line}: ${message}`)
  const agent: typeof difficultyEstimation = {
    ...difficultyEstimation,
    unfit: (sample) =>
      difficultyEstimation.unfit(sample) ??
      (answers.of(sample) === null
        ? 'no published answer'
        : durationOf(answers, sample) === null
          ? 'no known duration'
          : null),
    investigate: (sample, _, __, prior) =>
      Effect.sync((): DifficultyEvidence => {
        const { replies, ious } = answers.of(sample)!
        const duration = durationOf(answers, sample)!
        return {
          ...{ duration, times: [], question: sample.query, replies },
          ...(ious.length === 0 ? {} : { ious }),
          prior: [prior.start * duration, prior.end * duration],
        }
      }),
  }
  const summary = yield* runAgent(agent, { ...options, videos: options.annotations, foldSize }).pipe(
    Effect.provide([noVideos, modelOfFile(options.from, answers)]),
  )
  return { ...summary, rows: answers.rows }
})
