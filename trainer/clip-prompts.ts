import { Effect } from 'effect'
import { EngineError, InputError, random, type Sample } from '../core/index.ts'
import type { Preprocessing } from '../engine/checkpoint/index.ts'
import { type Message, type ProcessedPrompt, processMessages } from '../engine/processor/index.ts'
import type { Dialect, ReplyPlan } from '../models/index.ts'
import { ask, questionOf } from '../tasks/index.ts'
import { type Clip, permuteFrames } from '../video/index.ts'
import { byteCache } from './byte-cache.ts'
import { type ClipViewOptions, clipViews, hideFrames } from './clip-views.ts'
import type { TrainingItem } from './data.ts'
import type { PreparedPrompt, PromptSource } from './prompts.ts'

/** How prompts are worded. */
export interface Wording {
  readonly dialect: Dialect
  /** Whether the reply to a sample begins with reasoning, and who asks for it; never where absent. */
  readonly plan?: (sample: Sample) => Pick<ReplyPlan, 'ask' | 'enable'>
  /** What supervised fine-tuning teaches as the reply; the annotated answer alone where absent. */
  readonly lesson?: (sample: Sample) => string | null
}

export interface ClipPromptOptions extends ClipViewOptions, Wording {
  readonly preprocessing: Preprocessing
}

/** The question of a sample, and the reasoning variable of its chat template (null: none). */
export const wordingOf = (
  { sample }: TrainingItem,
  { dialect, plan = () => ({ ask: false, enable: null }) }: Wording,
): { readonly question: string; readonly enable: boolean | null } => {
  const { ask: think, enable } = plan(sample)
  return { question: questionOf(sample, { dialect, think }), enable }
}

const sizeOf = (prompt: ProcessedPrompt) =>
  prompt.pixels.byteLength + prompt.inputIds.byteLength + prompt.positions.byteLength + 2 * prompt.text.length

/** The clip with its pictures in a random order that the seed and the sample fix, the times as they were. */
const inOrder = (clip: Clip, key: string, shuffled: number | undefined): Clip =>
  shuffled === undefined
    ? clip
    : permuteFrames(clip, random('shuffled frames', shuffled, key).shuffle([...clip.times.keys()]))

/** The prompt of an item, of messages that `make` gives with the reasoning variable of the chat template (null: none). */
export const processed = (
  preprocessing: Preprocessing,
  { key }: Pick<TrainingItem, 'key'>,
  make: () => { readonly messages: ReadonlyArray<Message>; readonly enable: boolean | null },
): Effect.Effect<ProcessedPrompt, InputError | EngineError> =>
  Effect.try({
    try: () => {
      const { messages, enable } = make()
      return processMessages(
        preprocessing,
        messages,
        enable === null ? {} : { variables: { enable_thinking: enable } },
      )
    },
    catch: (cause) =>
      cause instanceof InputError
        ? cause
        : new EngineError({
            operation: `prompt of ${key}`,
            problem: cause instanceof Error ? cause.message : String(cause),
          }),
  })

/**
 * Prompts of the embedded engine from video files: a clip is processed once for each question and set of hidden frames,
 * as long as the cache holds it. The cache of prompts has the limit of the cache of clips.
 */
export const clipPrompts = (options: ClipPromptOptions): PromptSource => {
  const views = clipViews(options)
  const prompts = byteCache<ProcessedPrompt>(options.cacheBytes ?? 256 * 2 ** 20)
  const { preprocessing } = options
  const { endToken } = preprocessing

  return {
    prepare: Effect.fnUntraced(function* (item: TrainingItem, ratio: number, shuffled?: number) {
      const { clip, mask, priorIou } = yield* views.view(item, ratio)
      const key = `${item.key}/${mask.digest}/${shuffled ?? ''}`
      const prompt =
        prompts.get(key) ??
        (yield* processed(preprocessing, item, () => {
          const { question, enable } = wordingOf(item, options)
          const shown = inOrder(hideFrames(clip, mask.hidden, options.mode), item.key, shuffled)
          return { messages: ask(shown, question), enable }
        }))
      prompts.set(key, prompt, sizeOf(prompt))
      const ready: PreparedPrompt = { prompt, duration: clip.info.duration, mask, priorIou }
      return ready
    }),
    decode: (token) => preprocessing.tokenizer.decode([token]),
    encode: (text) => [
      ...preprocessing.tokenizer.encodeText(text),
      ...(endToken === undefined ? [] : [endToken]),
    ],
  }
}
