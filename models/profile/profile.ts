import { z } from 'zod'
import type { Task } from '../../core/index.ts'

/** Whether a model reasons before it answers: `auto` leaves it to the model and the task. */
export const thinkModes = ['auto', 'on', 'off'] as const
export type ThinkMode = (typeof thinkModes)[number]

/**
 * The wordings of the questions (`tasks/`). `shapes`: the short texts that the shipped checkpoint was trained on, to the
 * byte. `general`: full instructions for models that were never trained on ours.
 */
export const dialects = ['shapes', 'general'] as const
export type Dialect = (typeof dialects)[number]

/** What is asked of a model: a task's question, or whether one range shows a query. */
export type Question = Task | 'verification'

/** How a model sees a clip. */
export interface View {
  /** Frames per second, as long as that gives at most `frames`. */
  readonly fps: number
  /** Most frames of a clip; longer videos are sampled evenly. */
  readonly frames: number
  /** Fewest frames of a clip. */
  readonly minFrames: number
  /** Most pixels of one frame. */
  readonly maxPixels: number
  /** Most vision tokens of a whole clip, sent as one video. */
  readonly visionTokens: number
  /** Sides of the frames are multiples of so many pixels; a vision token covers `factor` x `factor` of them. */
  readonly factor: number
  /** Frames that share their vision tokens where the clip is sent as one video. */
  readonly framesPerToken: number
}

/** How replies of evaluation and difficulty estimation are sampled. */
export interface ProfileSampling {
  readonly temperature: number
  /** Nucleus mass in (0, 1]; 1 keeps every token. */
  readonly topP: number
  /** Number of likeliest tokens kept; 0 keeps all. */
  readonly topK: number
}

/** What one model needs. Made by `makeProfile`; everything that depends on the model is read from here. */
export interface ModelProfile {
  readonly model: string
  /** Its entry in the catalogue of families. */
  readonly family: string
  readonly view: View
  readonly dialect: Dialect
  /** `none`: reasons only where a prompt asks for it. `switch`: its chat template turns reasoning on and off. */
  readonly reasoning: 'none' | 'switch' | 'always'
  readonly think: ThinkMode
  /** Most tokens of an answer, without reasoning; a task that is not named has the most of them. */
  readonly replyTokens: { readonly [question in Question]: number }
  /** Tokens for reasoning, beside those of the answer. */
  readonly thinkingTokens: number
  /** Most tokens of any reply, reasoning included, where the user set it; null leaves it to the task. */
  readonly maxTokens: number | null
  /** Whether replies are held to the form of an answer. */
  readonly guided: boolean
  readonly sampling: ProfileSampling
  /** Peak learning rates. */
  readonly learningRate: { readonly sft: number; readonly grpo: number }
  /**
   * How the model learns the time of a frame. `text`: its processor writes it before each frame. `interval`: one frame
   * interval for the clip, so that frames can be blanked but not dropped. `prompt`: not at all, the prompt must say it.
   */
  readonly timestamps: 'text' | 'interval' | 'prompt'
  /** What the largest size of the model's processor is about: the whole clip, or a frame; null where it has none. */
  readonly limits: 'clip' | 'frame' | null
  /** The only datasets that it has learned to see; null for a general model. */
  readonly datasets: ReadonlyArray<string> | null
}

/** What a user may set of a profile, by flag or in the configuration. */
export const overridesSchema = z.strictObject({
  /** Name of a family, where the model's own name does not tell. */
  family: z.string().optional(),
  fps: z.number().positive().optional(),
  frames: z.int().positive().optional(),
  maxPixels: z.int().positive().optional(),
  visionTokens: z.int().positive().optional(),
  maxTokens: z.int().positive().optional(),
  think: z.enum(thinkModes).optional(),
  guided: z.boolean().optional(),
  dialect: z.enum(dialects).optional(),
  temperature: z.number().positive().optional(),
  topP: z.number().positive().max(1).optional(),
  topK: z.int().min(0).optional(),
  learningRate: z.number().positive().optional(),
})
export type ProfileOverrides = z.output<typeof overridesSchema>
