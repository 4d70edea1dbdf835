import { z } from 'zod'
import { engineSettings } from './engine-settings.ts'

/** Bodies of the service's HTTP interface. The OpenAPI document is made from these schemas; see `openapi.ts`. */

const identity = {
  /** Name of the run, as `GET /v1/run` gives it: an engine of another run is refused. */
  run: z.string(),
  /** Batches of rollouts drawn before this one: 0 for the first. */
  step: z.int().min(0),
  /** Process of the engine that asks. */
  rank: z.int().min(0).default(0),
}

/** A sample's key, or `draw/N`: the N-th prompt that the curriculum draws for the step. */
const id = z.string().min(1).max(1024)

export const runAnswer = z.object({
  run: z.string(),
  kind: z.enum(['curriculum', 'sft']),
  /** Batches in the whole run, prompts in each, and completions of each prompt (1 for `sft`). */
  steps: z.int().positive(),
  prompts: z.int().positive(),
  group: z.int().positive(),
  samples: z.int().positive(),
  /** Whether some samples count for less than others: then advantages are to be multiplied by `weight` of the rewards. */
  weighted: z.boolean(),
  /** `GrpoOptions` or `SftOptions`, every default filled in. */
  settings: z.record(z.string(), z.json()),
  engine: engineSettings,
  /** Folder in which a frame lies as `HASH.rgb`, where engine and service see one disk. */
  sharedFrames: z.string().nullable(),
})
export type RunAnswer = z.output<typeof runAnswer>

export const promptsRequest = z.strictObject({ ...identity, ids: z.array(id).min(1).max(65536) })
export type PromptsRequest = z.output<typeof promptsRequest>

const frame = z.object({
  /** SHA-256 of the frame's RGB bytes; null where it is hidden, then all bytes are 0. */
  hash: z.string().nullable(),
  /** True seconds. */
  time: z.number(),
})

const promptItem = z.object({
  /** As asked. */
  id: z.string(),
  /** Key of the sample that the id stands for at this step. */
  sample: z.string(),
  messages: z.array(
    z.object({
      role: z.enum(['system', 'user', 'assistant']),
      content: z.array(
        z.union([
          z.object({
            type: z.literal('video'),
            /** How many of the prompt's frames it shows, the next ones in their order; left out: all, in one video. */
            frames: z.int().positive().optional(),
          }),
          z.object({ type: z.literal('text'), text: z.string() }),
        ]),
      ),
    }),
  ),
  video: z.object({
    frames: z.array(frame).min(1),
    /** Frames per second of the sampling. */
    fps: z.number().positive(),
    /** Pixels of every frame: multiples of the model's patch times merge size. */
    width: z.int().positive(),
    height: z.int().positive(),
    /** Seconds of the whole clip. */
    duration: z.number().positive(),
  }),
  /** What the chat template is told of reasoning (`enable_thinking`); null: nothing. */
  thinking: z.boolean().nullable(),
  /** Names the set of hidden frames. */
  mask: z.string(),
  /** What supervised fine-tuning teaches: the annotated answer, or the right reply to a round of a conversation. */
  answer: z.string().nullable(),
})
export type PromptItem = z.output<typeof promptItem>
export const promptsAnswer = z.object({ items: z.array(promptItem) })

/** Texts of the replies of a conversation so far, one for each round that was answered. */
const replies = z.array(z.string().max(2 ** 20)).max(64)

export const turnsRequest = z.strictObject({
  ...identity,
  items: z
    .array(z.strictObject({ id, generation: z.int().min(0), replies: replies.min(1) }))
    .min(1)
    .max(65536),
})
export type TurnsRequest = z.output<typeof turnsRequest>
export const turnsAnswer = z.object({
  /** In the order asked: the prompt of the next round; null where the conversation has ended. */
  items: z.array(promptItem.nullable()),
})

const completion = z.strictObject({
  id,
  /** Number of the completion within its group, from 0. */
  generation: z.int().min(0),
  /** Of a conversation the last reply. */
  text: z.string().max(2 ** 20),
  finish: z.enum(['stop', 'length']),
  /** Sampled tokens; of a conversation the most of one reply. */
  tokens: z.int().min(0).optional(),
  /** All replies of a conversation in order, with the sampled tokens of each; `text` is the last. */
  replies: z
    .array(z.strictObject({ text: z.string().max(2 ** 20), tokens: z.int().min(0) }))
    .min(1)
    .max(64)
    .optional(),
})
export const rewardsRequest = z.strictObject({ ...identity, items: z.array(completion).min(1).max(65536) })
export type RewardsRequest = z.output<typeof rewardsRequest>
export const rewardsAnswer = z.object({
  items: z.array(
    z.object({
      id: z.string(),
      generation: z.int(),
      /** The weighted sum that the loss uses, and its parts by name, unweighted. */
      reward: z.number(),
      /** Of the sample in the loss. */
      weight: z.number(),
      scores: z.record(z.string(), z.number()),
    }),
  ),
})

export const eventRequest = z.strictObject({
  ...identity,
  /** `step`: the weights have changed; `checkpoint`: `path` is complete; `guard`: figures of a check; `failed`: why. */
  kind: z.enum(['start', 'step', 'checkpoint', 'guard', 'heartbeat', 'failed', 'end']),
  /** Masks that the rank trained on in this step, by id. */
  masks: z.record(z.string(), z.string()).optional(),
  figures: z.record(z.string(), z.number().nullable()).optional(),
  path: z.string().optional(),
  message: z.string().max(4096).optional(),
})
export type EventRequest = z.output<typeof eventRequest>
export const eventAnswer = z.object({
  /** The curriculum has seen enough: end the training after this step. */
  stop: z.boolean(),
})

export const errorAnswer = z.object({ error: z.string() })
