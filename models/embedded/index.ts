import { Duration, Effect, Layer } from 'effect'
import { type EngineError, InputError } from '../../core/index.ts'
import { readPreprocessing } from '../../engine/checkpoint/index.ts'
import { type ProcessedPrompt, processMessages } from '../../engine/processor/index.ts'
import { Engine } from '../../engine/worker/index.ts'
import { makeBatcher } from '../batcher.ts'
import { checkpointName } from '../checkpoint-name.ts'
import { Ledger } from '../ledger.ts'
import { type ChatSampling, type Message, ModelError, VisionLanguageModel } from '../model.ts'
import { checkpointProfile, type ProfileOverrides } from '../profile/index.ts'
import { checkpointRevision } from './revision.ts'

export interface EmbeddedOptions {
  /** Requests passed to the engine in one call; it splits them to fit its memory limits. */
  readonly maxBatch?: number
  /** Overrides of the model's profile. */
  readonly overrides?: ProfileOverrides
}

interface ChatJob {
  readonly prompt: ProcessedPrompt
  readonly sampling: ChatSampling
}

interface ChooseJob {
  readonly prompt: ProcessedPrompt
  readonly options: ReadonlyArray<ReadonlyArray<number>>
}

/** Clips of one frame size can share the vision tower's graph; anything else about a prompt may differ. */
const frameSizes = ({ grids }: ProcessedPrompt): string =>
  grids.map(([, height, width]) => `${height}x${width}`).join()

/**
 * The embedded engine as a backend: requests of all fibers are combined in batches. Each request has its own seed, so its
 * replies do not depend on the rest of the batch. `folder` is the checkpoint that the Engine in context serves.
 */
export const layerEmbedded = (
  folder: string,
  { maxBatch = 32, overrides = {} }: EmbeddedOptions = {},
): Layer.Layer<VisionLanguageModel, InputError, Engine> =>
  Layer.effect(
    VisionLanguageModel,
    Effect.gen(function* () {
      const engine = yield* Engine
      const preprocessing = yield* readPreprocessing(folder)
      const { tokenizer, endToken } = preprocessing
      const profile = yield* checkpointProfile(preprocessing, overrides)
      const model = checkpointName(folder)
      const identity = { backend: 'embedded', model, revision: yield* checkpointRevision(folder) }
      const failed = (error: EngineError) =>
        new ModelError({ model, problem: error.message, retryable: false })

      const chats = yield* makeBatcher({
        max: maxBatch,
        key: ({ prompt, sampling: { seed: _, ...rest } }: ChatJob) =>
          `${frameSizes(prompt)} ${JSON.stringify(rest)}`,
        run: (jobs) =>
          engine
            .generate(
              jobs.map(({ prompt }) => prompt),
              { ...jobs[0]!.sampling, seeds: jobs.map(({ sampling }) => sampling.seed) },
            )
            .pipe(Effect.mapError(failed)),
      })
      const choices = yield* makeBatcher({
        max: maxBatch,
        key: ({ prompt }: ChooseJob) => frameSizes(prompt),
        run: (jobs) =>
          engine
            .score(jobs.map(({ prompt, options }) => ({ prompt, completions: options })))
            .pipe(Effect.mapError(failed)),
      })

      // Agents send several requests with the same messages; patches are computed once for all of them.
      const prompts = new WeakMap<ReadonlyArray<Message>, Map<boolean, ProcessedPrompt>>()
      const prepare = (messages: ReadonlyArray<Message>, think = false) =>
        Effect.try({
          try: () => {
            const known = prompts.get(messages) ?? new Map<boolean, ProcessedPrompt>()
            prompts.set(messages, known)
            const variables = profile.reasoning === 'switch' ? { enable_thinking: think } : {}
            const made = known.get(think) ?? processMessages(preprocessing, messages, { variables })
            known.set(think, made)
            return made
          },
          catch: (error) =>
            new ModelError({
              model,
              problem: error instanceof InputError ? error.message : String(error),
              retryable: false,
              // An error in the checkpoint's template or tokenizer affects every prompt.
              fatal: error instanceof InputError && error.subject !== 'prompt',
            }),
        })

      return VisionLanguageModel.of({
        identity,
        profile,
        media: { kind: 'pixels' },
        chat: Effect.fnUntraced(function* ({ messages, sampling, guide, think }) {
          if (guide !== undefined)
            return yield* new ModelError({
              model,
              problem:
                'the embedded engine cannot constrain replies to a format; use a server that can (--backend openai), or omit --guided',
              retryable: false,
              fatal: true,
            })
          const prompt = yield* prepare(messages, think)
          const [took, replies] = yield* Effect.timed(chats({ prompt, sampling }))
          const account = yield* Ledger
          account?.record({
            ...{ requests: 1, retries: 0, cachedTokens: 0, cost: null },
            promptTokens: prompt.inputIds.length,
            completionTokens: replies.reduce((sum, { tokens }) => sum + tokens.length, 0),
            seconds: Duration.toSeconds(took),
          })
          return replies
        }),
        choose: Effect.fnUntraced(function* (
          messages: ReadonlyArray<Message>,
          options: ReadonlyArray<string>,
        ) {
          const replies = options.map((option) => [
            ...tokenizer.encodeText(option),
            ...(endToken === undefined ? [] : [endToken]),
          ])
          const scores = yield* choices({ prompt: yield* prepare(messages), options: replies })
          return scores.map((tokens) => tokens.reduce((sum, logProb) => sum + logProb, 0))
        }),
      })
    }),
  )
