import { Effect } from 'effect'
import { EngineError, InputError } from '../core/index.ts'
import { readPreprocessing } from '../engine/checkpoint/index.ts'
import { Engine } from '../engine/index.ts'
import { processMessages, type VisionWrap } from '../engine/processor/index.ts'
import { budgetOf, checkpointProfile, type ProfileOverrides, samplingOf } from '../models/index.ts'
import { ask, groundingQuestion } from '../tasks/index.ts'
import { Videos } from '../video/index.ts'

/** Options of `spanwise score`. */
export interface ScoreOptions {
  readonly model: string
  readonly video: string
  /** The user's text after the video. */
  readonly prompt: string
  readonly completion: string
  /** What the user set of the model's profile. */
  readonly profile?: ProfileOverrides
  /** Take the profile's number of frames evenly spaced, whatever their rate. */
  readonly spread?: boolean
  readonly visionWrap: VisionWrap
}

/** The grounding question of a query: `--query` is short for the `--prompt` that agents and training ask. */
export const promptOf = groundingQuestion

/**
 * `spanwise score`: the log-probability of each token of a completion, its end token included, to be compared with what
 * another trainer or server gives for the same input.
 */
export const runScore = Effect.fn('Pipelines.runScore')(function* (options: ScoreOptions) {
  const videos = yield* Videos
  const engine = yield* Engine
  const checkpoint = yield* readPreprocessing(options.model)
  const { view } = yield* checkpointProfile(checkpoint, options.profile)
  const clip = yield* videos.clip(
    options.video,
    options.spread === true ? { kind: 'count', count: view.frames } : samplingOf(view),
    budgetOf(view, view),
  )
  const { visionWrap } = options
  const prompt = yield* Effect.try({
    try: () => processMessages(checkpoint, ask(clip, options.prompt), { visionWrap }),
    catch: (cause) =>
      cause instanceof InputError
        ? cause
        : new EngineError({
            operation: 'prompt',
            problem: cause instanceof Error ? cause.message : String(cause),
          }),
  })
  const end = checkpoint.generation.eosTokenIds[0]
  const tokens = [...checkpoint.tokenizer.encodeText(options.completion), ...(end === undefined ? [] : [end])]
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
