import { z } from 'zod'
import type { Task } from '../../core/index.ts'

/** Whether a model reasons before it answers: `auto` leaves it to the model and the task. */
export const thinkModes = ['auto', 'on', 'off'] as const
export type ThinkMode = (typeof thinkModes)[number]

/**
 * The wordings of the questions (`tasks/`). `shapes`: the exact short texts that the included checkpoint was trained on.
 * `general`: full instructions for other models.
 */
export const dialects = ['shapes', 'general'] as const
export type Dialect = (typeof dialects)[number]

/** The kind of a question: a task's question, or whether one range shows a query. */
export type Question = Task | 'verification'

/** How a model sees a clip. */
export interface View {
  /** Frames per second, as long as this gives at most `frames`. */
  readonly fps: number
  /** Most frames of a clip; longer videos are sampled evenly. */
  readonly frames: number
  /** Fewest frames of a clip. */
  readonly minFrames: number
  /** Most pixels of one frame, and of an image. */
  readonly maxPixels: number
  /** Fewest pixels of an image: smaller ones are enlarged, as the family's image processor does. */
  readonly minImagePixels: number
  /** Most vision tokens of a whole clip, sent as one video. */
  readonly visionTokens: number
  /** Width and height of frames are multiples of `factor`; a vision token covers `factor` x `factor` pixels. */
  readonly factor: number
  /** Frames that share vision tokens if the clip is sent as one video. */
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

/** The profile of one model, made by `makeProfile`: everything that depends on the model. */
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
  /** Tokens for reasoning, in addition to those of the answer. */
  readonly thinkingTokens: number
  /** The user's limit for any reply in tokens, reasoning included; null leaves it to the task. */
  readonly maxTokens: number | null
  /** Whether replies are constrained to the answer format. */
  readonly guided: boolean
  readonly sampling: ProfileSampling
  /** Peak learning rates. */
  readonly learningRate: { readonly sft: number; readonly grpo: number }
  /**
   * How the model learns the time of a frame. `text`: its processor writes it before each frame. `interval`: one frame
   * interval for the clip, so that frames can be blanked but not dropped. `prompt`: only if the prompt says it.
   */
  readonly timestamps: 'text' | 'interval' | 'prompt'
  /** The scope of the processor's maximum size: the whole clip, or a frame; null without a maximum. */
  readonly limits: 'clip' | 'frame' | null
  /** The only datasets that it was trained for; null for a general model. */
  readonly datasets: ReadonlyArray<string> | null
}

/** What a user may set of a profile, by flag or in the configuration. */
export const overridesSchema = z.strictObject({
  /** Name of a family, if the model's name does not identify it. */
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
