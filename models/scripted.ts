import { Effect, Layer } from 'effect'
import { type ChatRequest, type Message, type ModelError, VisionLanguageModel } from './model.ts'
import { type ModelProfile, namedProfile } from './profile/index.ts'

/** The answers of a scripted model: pure functions of the request. */
export interface Script {
  /** The text of reply `index` (0 to n - 1). */
  readonly reply: (request: ChatRequest, index: number) => string
  /** Log-probability of `option` as the complete reply; without it the model has no log-probabilities. */
  readonly logProb?: (messages: ReadonlyArray<Message>, option: string) => number
  /** What the model needs; that of the shapes checkpoint by default. */
  readonly profile?: ModelProfile
  /** Runs before each answer: to fail, to wait, to count. */
  readonly before?: (messages: ReadonlyArray<Message>) => Effect.Effect<void, ModelError>
}

/** A deterministic model without weights, for tests and trial runs. */
export const layerTest = (script: Script): Layer.Layer<VisionLanguageModel> =>
  Layer.succeed(VisionLanguageModel, {
    identity: { backend: 'scripted', model: 'script', revision: '1' },
    profile: script.profile ?? namedProfile('shapes-base'),
    media: { kind: 'pixels' },
    chat: Effect.fnUntraced(function* (request: ChatRequest) {
      if (script.before !== undefined) yield* script.before(request.messages)
      return Array.from({ length: request.sampling.n }, (_, index) => ({
        text: script.reply(request, index),
        finish: 'stop' as const,
      }))
    }),
    choose: Effect.fnUntraced(function* (messages: ReadonlyArray<Message>, options: ReadonlyArray<string>) {
      if (script.before !== undefined) yield* script.before(messages)
      const logProb = script.logProb
      return logProb === undefined ? null : options.map((option) => logProb(messages, option))
    }),
  })

/** The text of the last user message: what a script usually looks at. */
export const questionText = (messages: ReadonlyArray<Message>): string =>
  messages
    .findLast((message) => message.role === 'user')
    ?.content.map((part) => (part.type === 'text' ? part.text : ''))
    .join('') ?? ''
