import { z } from 'zod'
import { cellSchema, windowsSchema } from './common.ts'

/**
 * `GET /api/runs/RUN/metrics?after=N`: figures by step, steps after `after` only. Nested figures have names such as
 * `rewards.iou`, `mask.ratio`, `length.mean` and `seconds.generate`. A value is null where it was not measured.
 */
export const metricsSchema = z.object({
  kind: z.string(),
  /** Steps planned; null where unknown. */
  planned: z.number().nullable(),
  names: z.array(z.string()).readonly(),
  steps: z.array(z.number()).readonly(),
  /** By name, one value a step. */
  values: z.record(z.string(), z.array(z.number().nullable()).readonly()),
  validation: z.object({
    names: z.array(z.string()).readonly(),
    steps: z.array(z.number()).readonly(),
    values: z.record(z.string(), z.array(z.number().nullable()).readonly()),
  }),
})
export type Metrics = z.output<typeof metricsSchema>

export const rolloutSchema = z.object({
  text: z.string(),
  reward: z.number(),
  /** Each reward's part; empty where the run did not record them. */
  scores: z.record(z.string(), z.number()),
  advantage: z.number().nullable(),
  iou: z.number().nullable(),
  finish: z.string(),
  outcome: z.enum(['answer', 'none', 'unreadable']),
  windows: windowsSchema,
  /** Pieces of the text with their log-probabilities as sampled; empty where the run did not record them. */
  tokens: z.array(z.object({ text: z.string(), logProb: z.number() })).readonly(),
})
export type Rollout = z.output<typeof rolloutSchema>

/** `GET /api/runs/RUN/rollouts?step=N` (the latest step without `step`). */
export const rolloutsSchema = z.object({
  /** Null where no step has rollouts yet. */
  step: z.number().nullable(),
  /** Steps that have rollouts, ascending. */
  steps: z.array(z.number()).readonly(),
  groups: z
    .array(
      z.object({
        key: z.string(),
        /** Of the curated data; null where it cannot be found any more. */
        sample: z.string().nullable(),
        query: z.string().nullable(),
        windows: windowsSchema.nullable(),
        duration: z.number().nullable(),
        /** Whether all rewards are equal, so that the group teaches nothing. */
        constant: z.boolean(),
        rollouts: z.array(rolloutSchema).readonly(),
      }),
    )
    .readonly(),
})
export type Rollouts = z.output<typeof rolloutsSchema>

/** `GET /api/runs/RUN/folds`: as `spanwise folds status --json`. */
export const foldsSchema = z.object({
  agents: z
    .array(
      z.object({
        agent: z.string(),
        dataset: z.string(),
        split: z.string(),
        folds: z
          .array(
            z.object({
              index: z.number(),
              start: z.number(),
              end: z.number(),
              state: z.enum(['waiting', 'running', 'stopped', 'done']),
              planned: z.number(),
              done: z.number(),
              kept: z.number(),
              dropped: z.number(),
              failed: z.number(),
              absent: z.number(),
              /** Samples per second, and seconds left; null unless running. */
              rate: z.number().nullable(),
              eta: z.number().nullable(),
              failures: z.record(z.string(), z.number()),
              host: z.string().nullable(),
              /** Servers asked. */
              endpoints: z.array(z.record(z.string(), cellSchema)).readonly(),
            }),
          )
          .readonly(),
      }),
    )
    .readonly(),
})
export type Folds = z.output<typeof foldsSchema>
