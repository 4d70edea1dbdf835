import { z } from 'zod'
import { windowsSchema } from './common.ts'

const metric = z.object({
  name: z.string(),
  value: z.number().nullable(),
  /** 95 % bootstrap interval over videos; null where none was computed. */
  interval: z.tuple([z.number(), z.number()]).readonly().nullable(),
  /** The same metric of answers that use no video; null where there are none. */
  floor: z.number().nullable(),
})
export type Metric = z.output<typeof metric>

/** `GET /api/evaluations`: every evaluation, newest first. */
export const evaluationsSchema = z.object({
  evaluations: z
    .array(
      z.object({
        /** Id of its run. */
        run: z.string(),
        name: z.string(),
        suite: z.string(),
        rule: z.string(),
        samples: z.number(),
        /** Share of read predictions. */
        parsed: z.number(),
        /** Those of the suite's headline first. */
        metrics: z.array(metric).readonly(),
      }),
    )
    .readonly(),
  /** Names of the runs whose report cannot be read. */
  damaged: z.array(z.string()).readonly(),
})
export type Evaluations = z.output<typeof evaluationsSchema>

const bin = z.object({
  label: z.string(),
  samples: z.number(),
  /** Mean IoU of each of the two. */
  a: z.number(),
  b: z.number(),
})

/** `GET /api/compare?a=RUN&b=RUN`: two evaluations of the same samples. */
export const comparisonSchema = z.object({
  a: z.string(),
  b: z.string(),
  /** Samples that both answered; the others are left out. */
  samples: z.number(),
  leftOut: z.number(),
  metrics: z
    .array(
      z.object({
        name: z.string(),
        a: z.number(),
        b: z.number(),
        /** b - a, with its paired bootstrap interval over videos. */
        change: z.number(),
        interval: z.tuple([z.number(), z.number()]).readonly().nullable(),
      }),
    )
    .readonly(),
  /** Largest loss from a to b first. */
  rows: z
    .array(
      z.object({
        sample: z.string(),
        /** Where the sample is shown: in a curation of it, else as `b` answered it; null for predictions from a file. */
        at: z.object({ run: z.string(), key: z.string() }).nullable(),
        video: z.string(),
        query: z.string(),
        windows: windowsSchema.nullable(),
        a: z.object({ windows: windowsSchema.nullable(), iou: z.number() }),
        b: z.object({ windows: windowsSchema.nullable(), iou: z.number() }),
        change: z.number(),
      }),
    )
    .readonly(),
  /** By length of the annotated time, and by where its middle is in the video. */
  byLength: z.array(bin).readonly(),
  byPosition: z.array(bin).readonly(),
})
export type Comparison = z.output<typeof comparisonSchema>
