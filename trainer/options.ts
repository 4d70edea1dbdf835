import { z } from 'zod'
import {
  curriculumKeys,
  defaultCountSettings,
  maskModes,
  maskScheduleKinds,
  samplerOrders,
} from '../curriculum/index.ts'
import { policyLosses } from '../engine/index.ts'
import type { Schedule } from '../engine/optimiser/index.ts'
import { advantageScales } from './advantages.ts'
import { earlyStopSchema } from './early-stop.ts'
import { withPreset } from './presets.ts'
import { seekSchema } from './seek/settings.ts'

const share = z.number().min(0).max(1)

/** How the learning rate goes: up over `warmup` steps, then flat or down to 0 at the last step. */
const optimiserShape = {
  /** Peak; the command's default is that of the model's profile. */
  learningRate: z.number().positive(),
  schedule: z.enum(['constant', 'linear', 'cosine']).default('constant'),
  warmup: z.int().min(0).default(0),
  /** Gradients are scaled down to this global norm. */
  maxGradNorm: z.number().positive().default(1),
}

const runShape = {
  /**
   * Refusals, as a share of the grounding samples: queries asked once more of a part of their video in which they do not
   * hold while another query does, to be answered `none`. Needs complete annotations; none where absent.
   */
  refusals: share.exactOptional(),
  seed: z.int().min(0).default(0),
  /** Optimiser steps; null takes `epochs` passes over the samples. */
  steps: z.int().positive().nullable().default(null),
  epochs: z.number().positive().default(1),
  /**
   * Number of steps between checkpoints; one is also written at the end, after an error and on interruption;
   * 0 only then. A kill or a power cut loses the steps since the last one.
   */
  checkpointEvery: z.int().min(0).default(10),
  /** How many of the newest checkpoints stay. */
  keepCheckpoints: z.int().positive().default(2),
  /** Number of steps between validations, if the caller provides one; 0 only before the first step and at the end. */
  evaluateEvery: z.int().min(0).default(0),
}

/** What `order: random-count` draws; see `CountSettings`. */
export const countsSchema = z.strictObject({
  /** Least count of each stratum, ascending; every stratum is drawn equally often. */
  edges: z
    .array(z.int().min(0))
    .min(1)
    .refine((edges) => edges.every((edge, i) => i === 0 || edge > edges[i - 1]!), 'is not ascending')
    .default([...defaultCountSettings.edges]),
  /** Share of the draws that are whole repetitions cut out of a clip with more of them; 0 draws whole clips only. */
  subclips: share.default(defaultCountSettings.subclips),
})

/** Which frames are hidden of which samples, and until when. */
export const maskSchema = z
  .strictObject({
    /**
     * How the hidden share falls. `none` unless this or `start` is given: of fourteen schedules none was ahead of it
     * (docs/claims.md; `linear` + 0.3 mIoU, -1.1 to + 1.6 over five seeds).
     */
    kind: z.enum(maskScheduleKinds).exactOptional(),
    /** Share of the frames outside windows and margin that step 0 hides, 0.8 by default; 0 turns masking off. */
    start: share.exactOptional(),
    /** Share of the steps after which nothing is hidden. */
    until: share.default(0.5),
    /** Mean IoU of a sample's rollouts from which `adaptive` and `on-failure` hide nothing of it, above 0. */
    solvedAt: z.number().positive().max(1).default(0.5),
    /** `blank` keeps the time grid (Qwen2.5-VL and Qwen2-VL need that); `drop` shortens the prompt. */
    mode: z.enum(maskModes).default('blank'),
    /** Seconds never hidden on both sides of a window; null is max(2 s, 10 % of the clip). */
    margin: z.number().min(0).nullable().default(null),
  })
  .transform(({ kind, start, ...others }) => ({
    kind: kind ?? ((start ?? 0) > 0 ? ('linear' as const) : ('none' as const)),
    start: start ?? 0.8,
    ...others,
  }))
export type MaskOptions = z.output<typeof maskSchema>

const samplingSchema = z.strictObject({
  temperature: z.number().positive().default(1),
  topP: z.number().positive().max(1).default(1),
  topK: z.int().min(0).default(0),
  /** The command's default is that of the model's profile. */
  maxTokens: z.int().positive(),
})

/** GRPO with a curriculum; every field has the default documented beside it, or that of its loss's preset. */
export const grpoSchema = z
  .strictObject({
    ...runShape,
    ...optimiserShape,
    /** Prompts a step. */
    prompts: z.int().positive().default(32),
    /** Rollouts a prompt (G). */
    group: z.int().min(2).default(8),
    sampling: samplingSchema,
    /** Per-sequence mean by default: token means favour long answers, which hurts grounding (TempR1). */
    loss: z.enum(policyLosses).default('grpo'),
    /** Range of the probability ratio, below and above 1; as the loss's paper has it unless given. */
    clipLow: z.number().positive().exactOptional(),
    clipHigh: z.number().positive().exactOptional(),
    /** Share of the reply budget at whose end the length is punished, softly down to -1; as the loss's paper has it. */
    overlong: share.exactOptional(),
    /**
     * Video-R1's T-GRPO: half as many rollouts on the same frames in random order; where the answers on the frames in
     * order are right at least 0.8 times as often, each right one of them gets 0.3. Off where absent.
     */
    temporal: z.boolean().exactOptional(),
    /**
     * Video-R1's length reward: where several answers of a group are right, those whose reply has a number of tokens in
     * this range get 0.2; [320, 512] in the paper. Off where absent.
     */
    lengthBonus: z
      .tuple([z.int().min(0), z.int().positive()])
      .refine(([least, most]) => least <= most, 'its start is above its end')
      .exactOptional(),
    /** Leave replies that were cut off out of the loss (DAPO's overlong filtering). */
    maskTruncated: z.boolean().default(false),
    /** KL weight against the starting checkpoint; the papers' setting is 0.04. */
    beta: z.number().min(0).default(0),
    /** Optimiser steps on each batch of rollouts; above 1 the clip ranges take effect. */
    updates: z.int().positive().default(1),
    /**
     * What divides the advantages; as the loss's paper has it unless given. With several tasks in the data, `task` keeps
     * one whose rewards spread more than those of the others from ruling the update.
     */
    scale: z.enum(advantageScales).exactOptional(),
    /**
     * Names and weights of the rewards that are summed, for every task alike or by task; the command's default is that
     * of the tasks in the data.
     */
    rewards: z
      .record(z.string(), z.union([z.number(), z.record(z.string(), z.number())]))
      .default({ iou: 1 }),
    /**
     * DAPO's dynamic sampling: extra rounds that replace constant groups by other prompts; 0 keeps them. As the loss's
     * paper has it unless given.
     */
    refill: z.int().min(0).exactOptional(),
    /**
     * The annotation as one rollout: `failed` puts it in place of the last rollout of groups in which every IoU is 0,
     * `always` in every group.
     */
    inject: z.enum(['none', 'failed', 'always']).default('none'),
    mask: maskSchema.prefault({}),
    /** Frame seeking: each rollout is a conversation in which the model asks for frames; no frames are hidden then. */
    seek: seekSchema.exactOptional(),
    /** What makes a sample hard: its difficulty score, or how short its annotation is (ranked within the data). */
    key: z.enum(curriculumKeys).default('score'),
    order: z.enum(samplerOrders).default('shuffled'),
    counts: countsSchema.prefault({}),
    /** Samples whose mean IoU in their last unmasked rollouts exceeds this sit out later epochs; 1 keeps all. */
    solvedAbove: share.default(1),
    earlyStop: earlyStopSchema.prefault({}),
    /** Rollouts of this many prompts a step are written to rollouts.jsonl. */
    logPrompts: z.int().min(0).default(1),
  })
  .transform(withPreset)
export type GrpoOptions = z.output<typeof grpoSchema>

export const sftSchema = z.strictObject({
  ...runShape,
  ...optimiserShape,
  /** Frame seeking: each sample gives the rounds of one conversation of the gold policy; needs windows as evidence. */
  seek: seekSchema.exactOptional(),
  /** Samples a step. */
  batch: z.int().positive().default(32),
  order: z.enum(samplerOrders).default('shuffled'),
  counts: countsSchema.prefault({}),
  /** Where a sample has written thoughts (`meta.cot`), ask for thoughts and teach them with the answer. */
  thoughts: z.boolean().default(true),
})
export type SftOptions = z.infer<typeof sftSchema>

/** The number of steps that options and samples amount to. */
export const stepsOf = (
  options: { readonly steps: number | null; readonly epochs: number },
  samples: number,
  perStep: number,
): number => options.steps ?? Math.max(1, Math.ceil((options.epochs * samples) / perStep))

/** The learning rate over a run of `steps` steps, as the engine's `learningRateAt` reads it. */
export const scheduleOf = (
  options: Pick<SftOptions, 'learningRate' | 'schedule' | 'warmup'>,
  steps: number,
): Schedule => ({
  kind: options.schedule,
  peak: options.learningRate,
  warmupSteps: options.warmup,
  totalSteps: steps,
})
