import { Context, type Effect, Schema } from 'effect'
import type { Message } from '../engine/processor/index.ts'

/** A model that did not answer. `retryable` says whether asking again may help. */
export class ModelError extends Schema.TaggedError<ModelError>()('ModelError', {
  model: Schema.String,
  problem: Schema.String,
  retryable: Schema.Boolean,
}) {
  override get message(): string {
    return `${this.model}: ${this.problem}`
  }
}

export type { Message } from '../engine/processor/index.ts'

/** How replies are sampled. A fixed seed fixes the replies, whatever else the backend is asked meanwhile. */
export interface ChatSampling {
  readonly temperature: number
  /** Nucleus mass in (0, 1]; 1 keeps every token. */
  readonly topP: number
  /** Number of likeliest tokens kept; 0 keeps all. */
  readonly topK: number
  readonly maxTokens: number
  readonly stop: ReadonlyArray<string>
  readonly seed: number
  /** Take the likeliest token each time; temperature, topP and topK are then ignored. */
  readonly greedy?: boolean
  /** Reply 0 is the greedy one, the others are sampled; backends compute the prompt once for all. */
  readonly greedyFirst?: boolean
  /** Number of replies. */
  readonly n: number
}

export interface ChatRequest {
  readonly messages: ReadonlyArray<Message>
  readonly sampling: ChatSampling
}

export interface ChatReply {
  readonly text: string
  readonly finish: 'stop' | 'length'
  /** Sampled token ids and their natural log-probabilities, where the backend gives them. */
  readonly tokens?: ReadonlyArray<number>
  readonly logProbs?: ReadonlyArray<number>
}

/** What answered; recorded beside every verdict. */
export interface ModelIdentity {
  readonly backend: string
  readonly model: string
  /** A content hash or a server's revision. */
  readonly revision: string
}

/** What answers questions about videos. Backends are its layers. */
export class VisionLanguageModel extends Context.Service<
  VisionLanguageModel,
  {
    readonly identity: ModelIdentity
    /** Frames must have sides that are multiples of this many pixels. */
    readonly frameFactor: number
    /** `sampling.n` replies to the messages. */
    readonly chat: (request: ChatRequest) => Effect.Effect<ReadonlyArray<ChatReply>, ModelError>
    /**
     * Natural log-probability of each option as the complete reply, or null where the backend offers none.
     * Options are scored as given: no length normalisation.
     */
    readonly choose: (
      messages: ReadonlyArray<Message>,
      options: ReadonlyArray<string>,
    ) => Effect.Effect<ReadonlyArray<number> | null, ModelError>
  }
>()('spanwise/models/VisionLanguageModel') {}

/** Sampling that always takes the likeliest token. */
export const greedy = (maxTokens: number): ChatSampling => ({
  temperature: 0,
  topP: 1,
  topK: 0,
  maxTokens,
  stop: [],
  seed: 0,
  greedy: true,
  n: 1,
})
