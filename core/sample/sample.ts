import { z } from 'zod'
import type { Window } from '../window.ts'
import { identifierSchema, type Json, jsonSchema, textSchema, wordsSchema } from './text.ts'

/** What is asked of a sample: the name of a task in the catalogue of `tasks/`. */
export type Task = string

/** `[start, end]` in seconds, finite; whether it fits its clip is checked by policy (`datasets/`). */
export const windowSchema: z.ZodType<Window> = z.tuple([z.number(), z.number()])

/**
 * The fields of a sample, the same in every file that Spanwise writes: JSON lines, Parquet (`columns.ts`), curated data,
 * training data. `docs/data-format.md` documents them with examples.
 */
export const sampleSchema = z.object({
  id: identifierSchema.describe(
    "stable and unique within `dataset` and `split`; the publisher's identifier where there is one",
  ),
  dataset: wordsSchema.describe('name of the dataset, in the catalogue or the configuration'),
  split: wordsSchema.describe('name of the split'),
  task: wordsSchema.describe('`grounding`, `grounded-qa`, `choice`, `counting` or `open`'),
  video: wordsSchema.describe('identifier of the video or image'),
  file: wordsSchema.describe(
    'file of the video, relative to the folder of the videos, or absolute; an image where it ends in .png, .jpg, .jpeg, .webp or .bmp',
  ),
  duration: z.number().positive().nullable().describe('annotated duration in seconds; null if unknown'),
  query: wordsSchema.describe('the query or question'),
  windows: z
    .array(windowSchema)
    .nullable()
    .describe(
      'annotated windows `[start, end]` in seconds; `[]` says that the query never holds, null that nothing is annotated',
    ),
  options: z
    .exactOptional(z.array(wordsSchema))
    .describe('option texts of a multiple-choice question, without their letters'),
  answer: z
    .exactOptional(identifierSchema)
    .describe(
      'letter of the right option (`choice`, `grounded-qa`), the count in decimal digits (`counting`), or a text (`open`)',
    ),
  meta: z
    .exactOptional(z.record(textSchema, jsonSchema))
    .describe('other annotated data: grade, type, source, saliency'),
})

/** One video, one query and its annotation. */
export type Sample = {
  readonly [K in keyof z.output<typeof sampleSchema>]: z.output<typeof sampleSchema>[K] extends infer V
    ? V extends Array<infer E>
      ? ReadonlyArray<E>
      : V extends Record<string, Json>
        ? { readonly [key: string]: Json }
        : V
    : never
}

/** Names of a sample's fields, in the order in which files have them. */
export const sampleFields = Object.keys(sampleSchema.shape) as ReadonlyArray<keyof Sample>

/** The letter of the option at `index`: 0 is `A`. */
export const letter = (index: number): string => String.fromCharCode(65 + index)
