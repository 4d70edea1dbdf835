import { Context, type Effect, Schema } from 'effect'
import type { Content as ProcessorContent } from '../engine/processor/index.ts'
import type { Clip, Media } from '../video/index.ts'
import type { ModelProfile } from './profile/index.ts'

/**
 * A model that did not answer. `retryable` says whether a retry may succeed, possibly later; `fatal` that every
 * other request would fail too (a wrong key, no server left), so that work over many samples should end at once.
 */
export class ModelError extends Schema.TaggedError<ModelError>()('ModelError', {
  model: Schema.String,
  problem: Schema.String,
  retryable: Schema.Boolean,
  fatal: Schema.optionalKey(Schema.Boolean),
  /** The kind of failure in one or two words, e.g. `timeout`; free of numbers and names, so that kinds can be counted. */
  kind: Schema.optionalKey(Schema.String),
}) {
  override get message(): string {
    return `${this.model}: ${this.problem}`
  }
}

/** Failures that concern one sample only: its prompt is too long, or its clip or reply is not accepted. */
export const isOwnFault = ({ kind }: ModelError): boolean =>
  kind === 'too long' || kind === 'too many images' || kind === 'video' || kind === 'filtered'

/** A clip in a message: pixels for the embedded engine, whatever `media` asked for otherwise. */
export type MessageClip = Extract<ProcessorContent, { readonly type: 'video' }>['clip'] & Partial<Clip>

export type Content =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'video' | 'image'; readonly clip: MessageClip }

export interface Message {
  readonly role: 'system' | 'user' | 'assistant'
  readonly content: ReadonlyArray<Content>
}

/** How replies are sampled. A fixed seed determines the replies, independent of concurrent requests. */
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

/** A format that replies must have: a JSON Schema, or a regular expression for the whole reply. */
export type Guide =
  | { readonly kind: 'json'; readonly schema: Readonly<Record<string, unknown>> }
  | { readonly kind: 'regex'; readonly pattern: string }

export interface ChatRequest {
  readonly messages: ReadonlyArray<Message>
  readonly sampling: ChatSampling
  /** Turns the model's reasoning on or off if its profile says `switch`; off by default. */
  readonly think?: boolean
  /** Constrains replies to a format; a backend without support refuses with a fatal ModelError. */
  readonly guide?: Guide
}

export interface ChatReply {
  readonly text: string
  readonly finish: 'stop' | 'length'
  /** Reasoning, if the backend returns it separately from the text. */
  readonly reasoning?: string
  /** Sampled token ids and their natural log-probabilities, where the backend gives them. */
  readonly tokens?: ReadonlyArray<number>
  readonly logProbs?: ReadonlyArray<number>
  /**
   * Log-probability of another text as the complete reply, from the alternatives that the server listed; null if they do
   * not determine it. Absent if nothing was listed.
   */
  readonly instead?: (option: string) => number | null
}

/** The identity of the model; recorded with every verdict. */
export interface ModelIdentity {
  readonly backend: string
  readonly model: string
  /** A content hash or a server's revision. */
  readonly revision: string
  /** Further dependencies of its answers: how frames are encoded and sent. */
  readonly settings?: { readonly [name: string]: string | number }
}

/** The current state of a server behind a backend. */
export interface Endpoint {
  /** Base URL without credentials. */
  readonly url: string
  /** Whether requests are sent to it at present. */
  readonly up: boolean
  /** Requests in flight, and their current limit. */
  readonly inFlight: number
  readonly limit: number
  /** Attempts so far, and those of them that failed. */
  readonly requests: number
  readonly failures: number
  /** Mean seconds of its latest answers; null before the first. */
  readonly latency: number | null
  /** The latest failure in one line; null if there was none. */
  readonly error: string | null
}

/** What answers questions about videos. Backends are its layers. */
export class VisionLanguageModel extends Context.Service<
  VisionLanguageModel,
  {
    readonly identity: ModelIdentity
    /** What it needs: how clips are shown, questions worded and replies limited. */
    readonly profile: ModelProfile
    /** Which form of a clip's frames it needs: pass this to `Videos.clip`. */
    readonly media: Media
    /** The servers behind it; absent where there are none. */
    readonly health?: Effect.Effect<ReadonlyArray<Endpoint>>
    /** `sampling.n` replies to the messages. */
    readonly chat: (request: ChatRequest) => Effect.Effect<ReadonlyArray<ChatReply>, ModelError>
    /**
     * Natural log-probability of each option as the complete reply, or null where the backend offers none.
     * Options are scored without length normalisation.
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
