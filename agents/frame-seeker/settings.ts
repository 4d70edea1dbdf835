import { z } from 'zod'
import { replySchema, styleShape, viewShape } from '../agent.ts'
import { starts } from './candidates.ts'
import { conversationModes, endings, requestModes } from './conversation.ts'

/** How frames are sought; also a part of the settings of training. */
export const seekShape = {
  /** Most rounds of a conversation. */
  rounds: z.int().positive().default(5),
  /** Which frames the first round shows. */
  start: z.enum(starts).default('random'),
  /** Whether each round is a prompt of its own or part of a growing conversation. */
  mode: z.enum(conversationModes).default('fresh'),
  /** What a request must be to be granted. */
  requests: z.enum(requestModes).default('exact'),
  /** How options are named. */
  labels: z.enum(['letters', 'digits']).default('letters'),
}

/** `frames` is the most frames of a round. */
export const settingsSchema = z.strictObject({
  ...viewShape,
  ...seekShape,
  dialect: styleShape.dialect,
  think: styleShape.think,
  reasoning: styleShape.reasoning,
  maxTokens: z.int().positive(),
  /** Constrains replies to an option or a request, on servers that support it. */
  guided: z.boolean(),
  /** Draws the frames of the first round. */
  seed: z.int().default(0),
  /** What is evaluated on, with the SHA-256 of its annotation files by name. */
  benchmark: z
    .object({ suite: z.string(), split: z.string(), files: z.record(z.string(), z.string()) })
    .nullable()
    .default(null),
})
export type SeekSettings = z.output<typeof settingsSchema>

export const evidenceSchema = z.object({
  duration: z.number(),
  /** Frames to choose from, one a second. */
  total: z.int(),
  options: z.array(z.string()).readonly(),
  rounds: z
    .array(
      z.object({
        /** Seconds shown, in order of time. */
        shown: z.array(z.int()).readonly(),
        /** Seconds asked for that the clip does not have. */
        outside: z.array(z.int()).readonly(),
        reply: replySchema,
      }),
    )
    .readonly(),
  ending: z.enum(endings),
})
export type SeekEvidence = z.output<typeof evidenceSchema>
