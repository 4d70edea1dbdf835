import { basename, resolve } from 'node:path'
import { Effect, Layer } from 'effect'
import { type EngineError, InputError } from '../../core/index.ts'
import { type Preprocessing, readPreprocessing } from '../../engine/checkpoint/index.ts'
import { type ProcessedPrompt, processMessages } from '../../engine/processor/index.ts'
import { Engine } from '../../engine/worker/index.ts'
import { makeBatcher } from '../batcher.ts'
import { type ChatSampling, type Message, ModelError, VisionLanguageModel } from '../model.ts'
import { checkpointRevision } from './revision.ts'

export interface EmbeddedOptions {
  /** Requests handed to the engine in one call; it cuts them to what fits its memory limits. */
  readonly maxBatch?: number
  /** Variables of the chat template, e.g. `{enable_thinking: true}`. */
  readonly variables?: Readonly<Record<string, unknown>>
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

/** Side of a square that frames are multiples of: what one merged patch covers. */
const factorOf = ({ processor }: Preprocessing): number => processor.patchSize * processor.mergeSize

/**
 * The embedded engine as a backend: requests of all fibers meet in batches. Each request brings its own seed, so its
 * replies do not depend on what else is in the batch. `folder` is the checkpoint that the Engine in context serves.
 */
export const layerEmbedded = (
  folder: string,
  { maxBatch = 32, variables = {} }: EmbeddedOptions = {},
): Layer.Layer<VisionLanguageModel, InputError, Engine> =>
  Layer.effect(
    VisionLanguageModel,
    Effect.gen(function* () {
      const engine = yield* Engine
      const preprocessing = yield* readPreprocessing(folder)
      const { tokenizer, endToken } = preprocessing
      const model = basename(resolve(folder))
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

      // Agents put several requests about the same messages; patches are cut once for all of them.
      const prompts = new WeakMap<ReadonlyArray<Message>, ProcessedPrompt>()
      const prepare = (messages: ReadonlyArray<Message>) =>
        Effect.try({
          try: () => {
            const known = prompts.get(messages)
            if (known !== undefined) return known
            const made = processMessages(preprocessing, messages, { variables })
            prompts.set(messages, made)
            return made
          },
          catch: (error) =>
            new ModelError({
              model,
              problem: error instanceof InputError ? error.message : String(error),
              retryable: false,
            }),
        })

      return VisionLanguageModel.of({
        identity,
        frameFactor: factorOf(preprocessing),
        media: { kind: 'pixels' },
        chat: Effect.fnUntraced(function* ({ messages, sampling, guide }) {
          if (guide !== undefined)
            return yield* new ModelError({
              model,
              problem: 'the embedded engine cannot hold replies to a form; ask a server that can',
              retryable: false,
              fatal: true,
            })
          return yield* chats({ prompt: yield* prepare(messages), sampling })
        }),
        choose: Effect.fnUntraced(function* (
          messages: ReadonlyArray<Message>,
          options: ReadonlyArray<string>,
        ) {
          const replies = options.map((option) => [
            ...tokenizer.encode(option),
            ...(endToken === undefined ? [] : [endToken]),
          ])
          const scores = yield* choices({ prompt: yield* prepare(messages), options: replies })
          return scores.map((tokens) => tokens.reduce((sum, logProb) => sum + logProb, 0))
        }),
      })
    }),
  )
