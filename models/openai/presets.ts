import type { Guide } from '../model.ts'
import type { Markers } from './markers.ts'

/** Fields of a request's body, in JSON. */
export type Fields = Readonly<Record<string, unknown>>

/**
 * How frames are sent. `frames`: one JPEG each, preceded by its time as text. `video`: the same JPEGs as one video with
 * their true times. `file`: a reference to the file, from which the server samples the frames itself.
 */
export const mediaModes = ['frames', 'video', 'file'] as const
export type MediaMode = (typeof mediaModes)[number]

/** The facts about a video in a message. */
export interface VideoFacts {
  readonly mode: 'video' | 'file'
  /** Number of frames that are shown. */
  readonly frames: number
  /** Their times, as the frame numbers that a server's processor divides by a rate. */
  readonly markers: Markers
  /** Seconds of the file. */
  readonly duration: number
}

/** What one kind of server supports beyond standard chat completions. */
export interface Preset {
  readonly media: ReadonlyArray<MediaMode>
  /** Maximum number of replies per request. */
  readonly many: number
  /** The largest seed; 0 without seeds. */
  readonly seeds: number
  /** Likeliest tokens that it lists at each position of a reply; 0 without log-probabilities. */
  readonly alternatives: number
  readonly maxTokens: 'max_tokens' | 'max_completion_tokens'
  /** Fields for sampling, `topK` 0 meaning all; null if not supported. */
  readonly sampling: (sampling: {
    readonly temperature: number
    readonly topP: number
    readonly topK: number
  }) => Fields | null
  /** Fields for a reply format; null if this kind is not supported. */
  readonly guide: (guide: Guide) => Fields | null
  /** Options for the video of a request; `processor` are the user's options for the model's processor. */
  readonly video: (facts: VideoFacts | null, processor: Fields | null) => Fields | null
  /** Whether a request can carry options for the model's processor. */
  readonly processor: boolean
  /** Whether it can carry variables of the chat template, as `chat_template_kwargs`. */
  readonly template: boolean
  /** How files shared with the server are referenced: by `file://` URL or by plain path. */
  readonly files: 'url' | 'path'
  /** Whether `GET /models` lists every model that may be asked for. */
  readonly listsModels: boolean
  /** The default environment variable of the key, and the only host to which that key is sent. */
  readonly key: { readonly variable: string; readonly host: string } | null
}

const int31 = 2 ** 31 - 1

const jsonSchema = (schema: Fields): Fields => ({
  response_format: { type: 'json_schema', json_schema: { name: 'reply', strict: true, schema } },
})

const plainSampling: Preset['sampling'] = ({ temperature, topP, topK }) =>
  topK === 0 ? { temperature, top_p: topP } : null

const noProcessor: Preset['video'] = (_, processor) => (processor === null ? {} : null)

/**
 * vLLM (its `ChatCompletionRequest` and `VideoMediaIO`, read in November 2026): every sampling field is sent because a
 * model's generation_config.json would fill in omitted ones. Frames sampled here are sent as `video/jpeg` with the
 * markers from which Qwen3-VL's processor writes their times; needs a vLLM with pull request 40133 (April 2026).
 */
const vllm: Preset = {
  media: ['frames', 'video', 'file'],
  many: 128,
  seeds: Number.MAX_SAFE_INTEGER,
  alternatives: 20,
  maxTokens: 'max_tokens',
  sampling: ({ temperature, topP, topK }) => ({
    temperature,
    top_p: topP,
    top_k: topK,
    min_p: 0,
    repetition_penalty: 1,
  }),
  guide: (guide) => ({
    structured_outputs: guide.kind === 'json' ? { json: guide.schema } : { regex: guide.pattern },
  }),
  video: (facts, processor) => ({
    ...(facts === null
      ? {}
      : {
          media_io_kwargs: {
            video:
              facts.mode === 'file'
                ? { num_frames: facts.frames }
                : {
                    num_frames: -1,
                    fps: facts.markers.fps,
                    frames_indices: facts.markers.indices,
                    total_num_frames: facts.markers.total,
                    duration: facts.duration,
                    do_sample_frames: false,
                  },
          },
        }),
    // In both cases frames are sampled before the processor sees them.
    ...(facts === null && processor === null
      ? {}
      : {
          mm_processor_kwargs: { ...(facts === null ? {} : { do_sample_frames: false }), ...processor },
        }),
  }),
  processor: true,
  template: true,
  files: 'url',
  listsModels: true,
  key: null,
}

/** SGLang (its `ChatCompletionRequest`, read in November 2026): it samples frames of a referenced video by its own settings. */
const sglang: Preset = {
  media: ['frames', 'file'],
  many: 128,
  seeds: int31,
  alternatives: 20,
  maxTokens: 'max_tokens',
  sampling: ({ temperature, topP, topK }) => ({
    temperature,
    top_p: topP,
    top_k: topK === 0 ? -1 : topK,
    min_p: 0,
    repetition_penalty: 1,
  }),
  guide: (guide) => (guide.kind === 'json' ? jsonSchema(guide.schema) : { regex: guide.pattern }),
  video: noProcessor,
  processor: false,
  template: true,
  files: 'url',
  listsModels: true,
  key: null,
}

/**
 * `transformers serve` (5.23): one reply per request, no log-probabilities, and unknown fields are refused. Parameters
 * without a field go through `generation_config`. Options of the processor are variables of its chat template.
 */
const transformers: Preset = {
  media: ['frames', 'file'],
  many: 1,
  seeds: int31,
  alternatives: 0,
  maxTokens: 'max_tokens',
  sampling: ({ temperature, topP, topK }) => ({
    temperature,
    top_p: topP,
    ...(temperature === 0
      ? {}
      : { generation_config: JSON.stringify({ do_sample: true, temperature, top_p: topP, top_k: topK }) }),
  }),
  guide: () => null,
  video: (facts, processor) =>
    facts === null && processor === null
      ? {}
      : {
          chat_template_kwargs: {
            // By default the server requests 32 frames, which conflicts with the rate set in Qwen's processors.
            ...(facts === null ? {} : { num_frames: facts.frames, fps: null }),
            ...processor,
          },
        },
  // They are sent as variables of the template, where it ignores `do_resize`.
  processor: false,
  template: true,
  files: 'path',
  listsModels: false,
  key: null,
}

const openai: Preset = {
  media: ['frames'],
  many: 128,
  seeds: int31,
  alternatives: 20,
  maxTokens: 'max_completion_tokens',
  sampling: plainSampling,
  guide: (guide) => (guide.kind === 'json' ? jsonSchema(guide.schema) : null),
  video: noProcessor,
  processor: false,
  template: false,
  files: 'url',
  listsModels: false,
  key: { variable: 'OPENAI_API_KEY', host: 'api.openai.com' },
}

/** Google's OpenAI-compatible endpoint, without log-probabilities and seeds. */
const gemini: Preset = {
  ...openai,
  many: 8,
  seeds: 0,
  alternatives: 0,
  maxTokens: 'max_tokens',
  key: { variable: 'GEMINI_API_KEY', host: 'generativelanguage.googleapis.com' },
}

/**
 * The preset for a model that samples by its own settings: OpenAI's reasoning models (o series, GPT-5) refuse a
 * temperature, top-p and log-probabilities (API reference, read in November 2026).
 */
export const ownSampling = (preset: Preset): Preset => ({
  ...preset,
  alternatives: 0,
  sampling: ({ topK }) => (topK === 0 ? {} : null),
})

/** The base URL that each kind of server has unless it is set otherwise. */
export const usualUrls: { readonly [name in PresetName]: string } = {
  vllm: 'http://127.0.0.1:8000/v1',
  sglang: 'http://127.0.0.1:30000/v1',
  transformers: 'http://127.0.0.1:8000/v1',
  openai: 'https://api.openai.com/v1',
  gemini: 'https://generativelanguage.googleapis.com/v1beta/openai',
}

export const presets = { vllm, sglang, transformers, openai, gemini } as const
export type PresetName = keyof typeof presets
export const presetNames = Object.keys(presets) as ReadonlyArray<PresetName>
