import { z } from 'zod'
import { type Sample, sampleSchema } from '../../core/index.ts'
import { grades } from '../../datasets/shapes/index.ts'

const grade = z.enum(grades)
const window = z.tuple([z.number(), z.number()]).readonly()

/** What the agents say of an annotation. */
const judged = z.object({
  verdict: z.string(),
  score: z.number(),
  /** The annotation with the verified proposals. */
  repaired: z.array(window).readonly(),
  /** Mean IoU of the difficulty rollouts with the annotation as it is, repaired, and with the truth. */
  iou: z.object({ annotated: z.number(), repaired: z.number(), truth: z.number() }),
})
export type Judged = z.output<typeof judged>

/** One annotation of the training split with its truth and what the agents say of it. */
export const poolRow = z.object({
  sample: sampleSchema.transform((sample) => sample as Sample),
  grade,
  partial: z.boolean(),
  truth: z.array(window).readonly(),
  /** Null before the agents have looked. */
  judged: judged.nullable(),
})
export type PoolRow = z.output<typeof poolRow>

/** What one fold of an agent cost, a line of curation-costs.jsonl. */
export const foldCost = z.object({
  kind: z.enum(['bra', 'dea']),
  ...{ fold: z.int(), samples: z.int() },
  ...{ seconds: z.number(), cpu: z.number(), threads: z.number() },
})

/** What the groups of one step and grade came out as. */
const groupRow = z.object({
  ...{ step: z.int(), grade, groups: z.int(), constant: z.int() },
  /** Sums over the groups. */
  ...{ spread: z.number(), reward: z.number(), ratio: z.number(), prior: z.number() },
})
export type GroupRow = z.output<typeof groupRow>

/** One validation query. */
export const queryRow = z.object({ video: z.string(), grade })
export type QueryRow = z.output<typeof queryRow>

const values = z.array(z.number()).readonly()
const phases = z.object({ train: z.number(), evaluate: z.number() })

/** One finished (arm, seed), a line of results.jsonl. */
export const result = z.object({
  ...{ arm: z.string(), seed: z.number(), samples: z.int(), partial: z.int(), steps: z.int() },
  /** Steps of a whole epoch; more than `steps` where the training was stopped short. Absent in the oldest results. */
  planned: z.int().optional(),
  threads: z.number(),
  /** Wall clock, and processor over all threads; of the last start only, where the training was resumed. */
  ...{ seconds: phases, cpu: phases },
  resumedFrom: z.int(),
  /** Of each validation query, in order; `count` is 1 where the number of windows is right. */
  ...{ iou: values, setIou: values, count: values },
  groups: z.array(groupRow).readonly(),
})
export type Result = z.output<typeof result>
