import { Effect } from 'effect'
import { EngineError, InputError, type Task, type VideoError, type Window } from '../core/index.ts'
import { type MaskMode, maskRecipe, noMask, priorIou, visibleWindows } from '../curriculum/index.ts'
import type { Preprocessing } from '../engine/checkpoint/index.ts'
import { type ProcessedPrompt, processMessages } from '../engine/processor/index.ts'
import type { Dialect, ReplyPlan } from '../models/index.ts'
import { ask, questionOf } from '../tasks/index.ts'
import { type Clip, maskClip, selectFrames } from '../video/index.ts'
import { byteCache } from './byte-cache.ts'
import type { TrainingItem } from './data.ts'
import type { PreparedPrompt, PromptSource } from './prompts.ts'

/** The clip with its hidden frames (1 = hidden, one byte a frame) black or gone. */
export const hideFrames = (clip: Clip, hidden: Uint8Array, mode: MaskMode): Clip => {
  if (!hidden.includes(1)) return clip
  if (mode === 'drop') return selectFrames(clip, (_time, place) => hidden[place] === 0)
  const shown = Array.from(clip.times).filter((_time, place) => hidden[place] === 0)
  return maskClip(
    clip,
    shown.map((time): Window => [time, time]),
    'blank',
  )
}

export interface ClipPromptOptions {
  readonly preprocessing: Preprocessing
  /** Decodes the clip of a sample at the model's size. */
  readonly clip: (item: TrainingItem) => Effect.Effect<Clip, VideoError>
  readonly seed: number
  readonly mode: MaskMode
  /** Seconds never hidden around a window; null is max(2 s, 10 % of the clip). */
  readonly margin: number | null
  readonly dialect: Dialect
  /** Whether a task's replies begin with reasoning, and who asks for it; never where absent. */
  readonly plan?: (task: Task) => Pick<ReplyPlan, 'ask' | 'enable'>
  /** Limit of each of the two caches, decoded clips and processed prompts; default 256 MiB. */
  readonly cacheBytes?: number
}

const sizeOf = (prompt: ProcessedPrompt) =>
  prompt.pixels.byteLength + prompt.inputIds.byteLength + prompt.positions.byteLength + 2 * prompt.text.length

/**
 * Prompts from video files: a clip is decoded once for all questions about it, and processed once for each question and
 * set of hidden frames, as long as the caches hold it.
 */
export const clipPrompts = (options: ClipPromptOptions): PromptSource => {
  const limit = options.cacheBytes ?? 256 * 2 ** 20
  const clips = byteCache<Clip>(limit)
  const prompts = byteCache<ProcessedPrompt>(limit)
  const { preprocessing, plan = () => ({ ask: false, enable: null }) } = options
  const { endToken } = preprocessing

  const clipOf = Effect.fnUntraced(function* (item: TrainingItem) {
    const key = `${item.sample.dataset}/${item.sample.file}`
    const known = clips.get(key)
    if (known !== undefined) return known
    const clip = yield* options.clip(item)
    clips.set(key, clip, clip.rgb.byteLength)
    return clip
  })

  return {
    prepare: Effect.fnUntraced(function* (item: TrainingItem, ratio: number) {
      const clip = yield* clipOf(item)
      const { duration } = clip.info
      const windows = item.sample.windows ?? []
      const mask =
        ratio === 0
          ? noMask(clip.times.length)
          : maskRecipe({
              seed: options.seed,
              sampleId: item.key,
              windows,
              duration,
              frameTimes: clip.times,
              ratio,
              ...(options.margin === null ? {} : { margin: options.margin }),
            })
      const key = `${item.key}/${mask.digest}`
      const prompt =
        prompts.get(key) ??
        (yield* Effect.try({
          try: () => {
            const { ask: asks, enable } = plan(item.sample.task)
            return processMessages(
              preprocessing,
              ask(
                hideFrames(clip, mask.hidden, options.mode),
                questionOf(item.sample, { dialect: options.dialect, think: asks }),
              ),
              enable === null ? {} : { variables: { enable_thinking: enable } },
            )
          },
          catch: (cause) =>
            cause instanceof InputError
              ? cause
              : new EngineError({
                  operation: `prompt of ${item.key}`,
                  problem: cause instanceof Error ? cause.message : String(cause),
                }),
        }))
      prompts.set(key, prompt, sizeOf(prompt))
      const ready: PreparedPrompt = {
        prompt,
        duration,
        mask,
        priorIou: priorIou(windows, visibleWindows(mask, clip.times, duration)),
      }
      return ready
    }),
    encode: (text) => [
      ...preprocessing.tokenizer.encodeText(text),
      ...(endToken === undefined ? [] : [endToken]),
    ],
  }
}
