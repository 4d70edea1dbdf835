import { join } from 'node:path'
import { Effect } from 'effect'
import { z } from 'zod'
import { InputError, type Sample, tasks } from '../core/index.ts'
import { readText } from '../files/index.ts'

const windows = z.array(z.tuple([z.number(), z.number()]))

/** One line of a curated dataset's `train.jsonl`: the sample, and what curation says of it. */
export const curatedSchema = z.object({
  id: z.string(),
  dataset: z.string(),
  split: z.string(),
  task: z.enum(tasks),
  video: z.string(),
  file: z.string(),
  duration: z.number().nullable(),
  query: z.string(),
  windows: windows.nullable(),
  options: z.array(z.string()).optional(),
  answer: z.string().optional(),
  meta: z.record(z.string(), z.json()).optional(),
  curation: z.object({
    key: z.string(),
    decision: z.enum(['keep', 'repair', 'downweight']),
    weight: z.number().positive(),
    meanIou: z.number().min(0).max(1),
    difficulty: z.number().min(0).max(1),
    band: z.enum(['easy', 'medium', 'hard']),
    partialScore: z.number().nullable(),
    annotated: windows.nullable(),
  }),
})
export type Curation = z.output<typeof curatedSchema>['curation']
export type CuratedSample = Sample & { readonly curation: Curation }

/** Name of the file in a curated dataset's folder. */
export const curatedFile = 'train.jsonl'

/** Reads a curated dataset (the folder that `curate` wrote). A bad line is an InputError naming line and field. */
export const readCurated = Effect.fn('Store.readCurated')(function* (folder: string) {
  const path = join(folder, curatedFile)
  const text = yield* readText(path)
  if (text === null)
    return yield* new InputError({
      subject: path,
      problem: 'there is no curated dataset here',
      remedy: 'make one with "spanwise curate"',
    })
  const samples: Array<CuratedSample> = []
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue
    const value = yield* Effect.try({
      try: () => JSON.parse(line) as unknown,
      catch: () =>
        new InputError({
          subject: `${path}:${index + 1}`,
          problem: 'is not JSON',
          remedy: 'make it anew with "spanwise curate"',
        }),
    })
    const parsed = curatedSchema.safeParse(value)
    if (!parsed.success) {
      const issue = parsed.error.issues[0]
      return yield* new InputError({
        subject: `${path}:${index + 1}`,
        problem: `field ${issue?.path.join('.')}: ${issue?.message}`,
        remedy: 'make it anew with "spanwise curate"',
      })
    }
    samples.push(parsed.data as CuratedSample)
  }
  return samples as ReadonlyArray<CuratedSample>
}) satisfies (folder: string) => Effect.Effect<ReadonlyArray<CuratedSample>, InputError>
