import type { Effect } from 'effect'
import type { EngineError, InputError, VideoError } from '../core/index.ts'
import type { MaskRecipe } from '../curriculum/index.ts'
import type { ProcessedPrompt } from '../engine/processor/index.ts'
import type { TrainingItem } from './data.ts'

/** A sample's question about its (partly hidden) clip, ready for the engine. */
export interface PreparedPrompt {
  readonly prompt: ProcessedPrompt
  /** True seconds of the clip. */
  readonly duration: number
  readonly mask: MaskRecipe
  /** IoU of the answer that only knows which time is visible; see `priorIou`. */
  readonly priorIou: number
}

/** What supervised fine-tuning teaches: a prompt and the reply to it. */
export interface Lesson {
  readonly prompt: ProcessedPrompt
  readonly reply: string
}

/** Turns items into prompts and answers into tokens. */
export interface PromptSource {
  /**
   * `ratio` is the share of hidable frames to hide, in [0, 1]. `shuffled` is the seed of a random order of the frames,
   * whose times stay in order; frames as filmed without it.
   */
  readonly prepare: (
    item: TrainingItem,
    ratio: number,
    shuffled?: number,
  ) => Effect.Effect<PreparedPrompt, VideoError | InputError | EngineError>
  /** The tokens of an assistant's reply, its end token included. */
  readonly encode: (text: string) => ReadonlyArray<number>
  /** The text of one token, for records; a part of a character is a replacement character. */
  readonly decode?: (token: number) => string
}
