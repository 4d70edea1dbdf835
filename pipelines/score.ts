import { Effect } from 'effect'
import { EngineError, hasImageSuffix, InputError } from '../core/index.ts'
import { readPreprocessing } from '../engine/checkpoint/index.ts'
import { Engine } from '../engine/index.ts'
import { processMessages, type VisionWrap } from '../engine/processor/index.ts'
import { budgetOf, checkpointProfile, type ProfileOverrides, replyPlan, samplingOf } from '../models/index.ts'
import { ask, groundingQuestion } from '../tasks/index.ts'
import { type FrameSampling, Videos } from '../video/index.ts'
import { processorFrames, processorRate } from './score/frames.ts'

/** Ways of choosing the frames. */
export const scoreSamplings = ['rate', 'even', 'transformers'] as const
export type ScoreSampling = (typeof scoreSamplings)[number]

/** Options of `spanwise score`. */
export interface ScoreOptions {
  readonly model: string
  readonly video: string
  /** The user's text after the video or image, or the query of the grounding question that agents and training ask. */
  readonly asked: { readonly prompt: string } | { readonly query: string }
  readonly completion: string
  /** Overrides of the model's profile. */
  readonly profile?: ProfileOverrides
  /**
   * Which frames: `rate` as agents and training take them, `even` the profile's number of frames evenly spaced, whatever
   * their rate, `transformers` as the model's processor takes them there by its frame rate.
   */
  readonly sampling: ScoreSampling
  readonly visionWrap: VisionWrap
}

/**
 * `spanwise score`: the log-probability of each token of a completion, its end token included, for comparison with
 * another trainer or server on the same input.
 */
export const runScore = Effect.fn('Pipelines.runScore')(function* (options: ScoreOptions) {
  const videos = yield* Videos
  const engine = yield* Engine
  const checkpoint = yield* readPreprocessing(options.model)
  const profile = yield* checkpointProfile(checkpoint, options.profile)
  const { view } = profile
  const image = hasImageSuffix(options.video)
  if (image && 'query' in options.asked)
    return yield* new InputError({
      subject: `--video ${options.video}`,
      problem: 'is an image, which has no time line for --query',
      remedy: 'use --prompt',
    })
  const sampling: FrameSampling =
    image || options.sampling === 'even'
      ? { kind: 'count', count: view.frames }
      : options.sampling === 'rate'
        ? samplingOf(view)
        : {
            kind: 'frames',
            numbers: processorFrames(
              yield* videos.probe(options.video),
              options.profile?.fps ?? checkpoint.processor.fps,
              {
                ...checkpoint.processor,
                maxFrames: options.profile?.frames ?? checkpoint.processor.maxFrames,
              },
              // Processors of models that receive each frame's time include both ends.
              profile.timestamps === 'text' ? 'ends' : 'starts',
            ),
          }
  const taken = yield* videos.clip(options.video, sampling, budgetOf(view, view))
  const clip =
    options.sampling === 'transformers'
      ? { ...taken, fps: processorRate(taken.info, taken.times.length) }
      : taken
  const { visionWrap, asked } = options
  const text =
    'prompt' in asked
      ? asked.prompt
      : groundingQuestion(asked.query, {
          dialect: profile.dialect,
          think: replyPlan(profile, 'grounding').ask,
        })
  const prompt = yield* Effect.try({
    try: () => processMessages(checkpoint, ask(clip, text), { visionWrap }),
    catch: (cause) =>
      cause instanceof InputError
        ? cause
        : new EngineError({
            operation: 'prompt',
            problem: cause instanceof Error ? cause.message : String(cause),
          }),
  })
  const { endToken } = checkpoint
  const tokens = [
    ...checkpoint.tokenizer.encodeText(options.completion),
    ...(endToken === undefined ? [] : [endToken]),
  ]
  const [[logProbs = []] = []] = yield* engine.score([{ prompt, completions: [tokens] }])
  return {
    model: options.model,
    video: options.video,
    visionWrap,
    frames: clip.times.length,
    times: Array.from(clip.times),
    width: clip.width,
    height: clip.height,
    promptTokens: prompt.inputIds.length,
    promptIds: Array.from(prompt.inputIds),
    tokens: tokens.map((id, index) => ({
      id,
      text: checkpoint.tokenizer.decode([id], { skipSpecial: false }),
      logProb: logProbs[index]!,
    })),
    total: logProbs.reduce((sum, value) => sum + value, 0),
  }
})
