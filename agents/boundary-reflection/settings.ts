import { z } from 'zod'
import { replySchema, styleShape, viewShape, windowSchema, windowsSchema } from '../agent.ts'
import { defaultMargin, defaultPad } from './view.ts'

/** Default share of the probability that Yes and No must have together. */
export const defaultMass = 0.5

export const settingsSchema = z
  .strictObject({
    ...viewShape,
    ...styleShape,
    /** Reflect replies; the first is greedy, the others are sampled at `temperature`. */
    votes: z.int().positive().default(1),
    temperature: z.number().positive().default(0.7),
    /** Share of the replies that must make a proposal before it is verified. */
    voteShare: z.number().min(0).max(1).default(0.5),
    /** Margin hidden around each annotated window: at least this many seconds, or this share of the clip if more. */
    marginSeconds: z.number().min(0).default(defaultMargin.seconds),
    marginShare: z.number().min(0).max(1).default(defaultMargin.share),
    /** Seconds shown on each side of a proposal. */
    padSeconds: z.number().min(0).default(defaultPad),
    /**
     * Further paddings in seconds: each range is shown once more with each, and the log-odds of P(yes) are averaged, at one
     * request a padding and range. None by default.
     */
    paddings: z.array(z.number().min(0)).readonly().exactOptional(),
    /**
     * Put the verify question about the annotated windows too, at one request each and padding: the score then asks how
     * much surer the model is elsewhere than where the query is known to hold. Off by default.
     */
    reference: z.boolean().exactOptional(),
    /** Shorter proposals are ignored, seconds. */
    minLength: z.number().min(0).default(0.5),
    /** Maximum number of proposals to verify, those with most votes first. */
    maxProposals: z.int().positive().default(4),
    /**
     * Verify also everything that is visible outside the annotation, in tiles of at most this many seconds: it finds what
     * the reflect question misses, at one request a tile. 0 verifies proposals only; at least 0.1 otherwise.
     */
    scanSeconds: z
      .number()
      .min(0)
      .refine((seconds) => seconds === 0 || seconds >= 0.1, 'expected 0 or at least 0.1')
      .default(0),
    /** P(yes) from which a proposal counts as shown. */
    accept: z.number().min(0).max(1).default(0.5),
    /** P(yes) up to which a proposal counts as not shown; between the two the verdict is uncertain. */
    reject: z.number().min(0).max(1).default(0.3),
    /**
     * Yes and No must together hold this share of the probability mass for their log-probabilities to count; else the
     * words of sampled replies decide.
     */
    mass: z.number().min(0).max(1).default(defaultMass),
    /** Most tokens of a reflect reply. */
    maxTokens: z.int().positive(),
    /** Most tokens of a verification in words. */
    verifyTokens: z.int().positive(),
    /** Constrains replies to the answer format, on servers that support it. */
    guided: z.boolean(),
    seed: z.int().default(0),
  })
  .refine(({ accept, reject }) => reject <= accept, {
    path: ['reject'],
    error: 'is above "accept": a proposal would count as shown and as not shown',
  })
export type BoundaryReflectionSettings = z.output<typeof settingsSchema>

/** One range shown alone, and what the model says of it. */
const lookSchema = z.object({
  times: z.array(z.number()).readonly(),
  /** Log-probabilities of `Yes` and `No`, where the backend gives them. */
  logProbs: z.tuple([z.number(), z.number()]).readonly().nullable(),
  /** Sampled replies, where it does not or where the two together are unlikely. */
  replies: z.array(replySchema).readonly(),
})
export type Look = z.output<typeof lookSchema>

/** The model's input and replies, from which alone verdicts are computed. */
export const evidenceSchema = z.object({
  duration: z.number(),
  /** True times of the frames shown, seconds. */
  times: z.array(z.number()).readonly(),
  hidden: windowsSchema,
  reflect: z.object({
    question: z.string(),
    replies: z.array(replySchema).readonly(),
    /** Log-probability of `<answer>none</answer>` as the complete reply. */
    noneLogProb: z.number().nullable(),
  }),
  verify: z
    .array(
      lookSchema.extend({
        window: windowSchema,
        /** Replies that proposed it; 0 for a tile of the scan. */
        votes: z.int(),
        question: z.string(),
        /** The same range under further paddings. */
        further: z.array(lookSchema).readonly().exactOptional(),
      }),
    )
    .readonly(),
  /** The annotated windows, verified under every padding. */
  reference: z.array(lookSchema).readonly().exactOptional(),
})
export type BoundaryReflectionEvidence = z.output<typeof evidenceSchema>
