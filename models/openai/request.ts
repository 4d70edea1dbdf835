import type { ChatSampling, Guide, Message, MessageClip } from '../model.ts'
import type { Fields, Preset, VideoFacts } from './presets.ts'

/** A clip encoded for a request. */
export interface SentClip {
  /** JSON of its content parts, joined by commas. */
  readonly parts: string
  /** For clips sent as a video. */
  readonly facts: VideoFacts | null
}

/** A request that the server's preset cannot express. */
export class Inexpressible {
  readonly problem: string
  constructor(problem: string) {
    this.problem = problem
  }
}

/** The part of a body that all requests about one prompt share: `"messages":[...]` and the options of its video. */
export interface Prompt {
  /** Identifies the video, so that requests about it go to one server; null without one. */
  readonly affinity: string | null
  readonly messages: string
  readonly video: Fields
}

/**
 * The messages as JSON text. Clips are already encoded as text: their frames are nearly all of a body and are not parsed
 * again.
 */
export const promptOf = (
  preset: Preset,
  messages: ReadonlyArray<Message>,
  sent: (clip: MessageClip) => SentClip,
  processor: (facts: VideoFacts | null) => Fields | null,
): Prompt | Inexpressible => {
  const facts: Array<VideoFacts> = []
  const texts = messages.map(({ role, content }) => {
    const parts = content.map((part) => {
      if (part.type === 'text') return JSON.stringify(part)
      const clip = sent(part.clip)
      if (clip.facts !== null) facts.push(clip.facts)
      return clip.parts
    })
    return `{"role":"${role}","content":[${parts.filter((part) => part !== '').join(',')}]}`
  })
  if (facts.length > 1) return new Inexpressible('several videos in one prompt; send their frames instead')
  const video = preset.video(facts[0] ?? null, processor(facts[0] ?? null))
  if (video === null) return new Inexpressible('options for the processor')
  return { affinity: affinityOf(messages), messages: `"messages":[${texts.join(',')}]`, video }
}

/** The path of the first video or image that has one. */
const affinityOf = (messages: ReadonlyArray<Message>): string | null => {
  for (const { content } of messages)
    for (const part of content) if (part.type !== 'text') return part.clip.info?.path ?? null
  return null
}

/** The parameters of one request. */
export interface Wanted {
  readonly model: string
  /** Replies. */
  readonly n: number
  readonly temperature: number
  readonly seed: number
  /** Number of alternatives whose log-probabilities to return at each position, with those of the reply; null for none. */
  readonly alternatives: number | null
  readonly maxTokens: number
  readonly sampling: Pick<ChatSampling, 'topP' | 'topK' | 'stop'>
  readonly guide: Guide | null
  /** Whether the model reasons first; null if it has no switch. */
  readonly think: boolean | null
  /** The user's extra fields for every body. */
  readonly extra: Fields
}

/** The variables of the chat template from several parts of a body; later ones take precedence. */
const templateOf = (parts: ReadonlyArray<Fields>): Fields => {
  const set = parts.map(({ chat_template_kwargs: variables }) => variables).filter((one) => one !== undefined)
  return set.length === 0 ? {} : { chat_template_kwargs: Object.assign({}, ...set) }
}

/** Body of `POST /chat/completions`. */
export const bodyOf = (preset: Preset, prompt: Prompt, wanted: Wanted): string | Inexpressible => {
  const { temperature, sampling } = wanted
  const greedy = temperature === 0
  const sampled = preset.sampling({
    temperature,
    topP: greedy ? 1 : sampling.topP,
    topK: greedy ? 0 : sampling.topK,
  })
  if (sampled === null) return new Inexpressible(`top-k sampling (topK ${sampling.topK}); set it to 0`)
  const guided = wanted.guide === null ? {} : preset.guide(wanted.guide)
  if (guided === null) return new Inexpressible(`replies constrained to a ${wanted.guide?.kind} format`)
  const template = templateOf([
    prompt.video,
    preset.template && wanted.think !== null
      ? { chat_template_kwargs: { enable_thinking: wanted.think } }
      : {},
    wanted.extra,
  ])
  const fields = {
    model: wanted.model,
    [preset.maxTokens]: wanted.maxTokens,
    ...sampled,
    ...(preset.seeds > 0 ? { seed: wanted.seed % preset.seeds } : {}),
    ...(wanted.n > 1 ? { n: wanted.n } : {}),
    ...(sampling.stop.length > 0 ? { stop: sampling.stop } : {}),
    ...(wanted.alternatives === null || preset.alternatives === 0
      ? {}
      : {
          logprobs: true,
          ...(wanted.alternatives === 0
            ? {}
            : { top_logprobs: Math.min(wanted.alternatives, preset.alternatives) }),
        }),
    ...guided,
    ...prompt.video,
    ...wanted.extra,
    ...template,
  }
  return `${JSON.stringify(fields).slice(0, -1)},${prompt.messages}}`
}
