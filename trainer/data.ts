import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Effect } from 'effect'
import { z } from 'zod'
import { InputError, type Json, type Sample, tasks, type Window } from '../core/index.ts'
import { type Band, bandOf, bands, type Candidate } from '../curriculum/index.ts'

const windowSchema = z
  .tuple([z.number().min(0), z.number().min(0)])
  .refine(([start, end]) => start <= end, 'the window is reversed')

const json: z.ZodType<Json> = z.json()

/** One line of a curated dataset, as `curate` writes it. */
export const curatedSchema = z.looseObject({
  id: z.string().min(1),
  dataset: z.string(),
  split: z.string(),
  task: z.enum(tasks),
  video: z.string(),
  file: z.string(),
  duration: z.number().positive().nullable(),
  query: z.string(),
  /** Possibly repaired. */
  windows: z.array(windowSchema).nullable(),
  options: z.array(z.string()).nullish(),
  answer: z.string().nullish(),
  meta: z.record(z.string(), json).nullish(),
  /** 1 - mean IoU of the zero-shot rollouts; null where it was never estimated. */
  difficulty: z.number().min(0).max(1).nullish(),
  band: z.enum(bands).nullish(),
  /** Share of the sample's loss: 1, or less for a doubtful label. */
  weight: z.number().min(0).nullish(),
})

/** A sample to train on. */
export interface TrainingItem {
  /** Unique over all datasets of the file. */
  readonly key: string
  readonly sample: Sample
  /** In [0, 1]; 0.5 where it was never estimated. */
  readonly difficulty: number
  readonly band: Band
  readonly weight: number
}

export interface TrainingData {
  readonly items: ReadonlyArray<TrainingItem>
  readonly sha256: string
}

const itemOf = (row: z.infer<typeof curatedSchema>): TrainingItem => {
  const difficulty = row.difficulty ?? 0.5
  const sample: Sample = {
    id: row.id,
    dataset: row.dataset,
    split: row.split,
    task: row.task,
    video: row.video,
    file: row.file,
    duration: row.duration,
    query: row.query,
    windows: row.windows as ReadonlyArray<Window> | null,
    ...(row.options == null ? {} : { options: row.options }),
    ...(row.answer == null ? {} : { answer: row.answer }),
    ...(row.meta == null ? {} : { meta: row.meta }),
  }
  return {
    key: `${row.dataset}/${row.split}/${row.id}`,
    sample,
    difficulty,
    band: row.band ?? bandOf(difficulty),
    weight: row.weight ?? 1,
  }
}

/** Parses the text of a curated JSONL file. Fails with an InputError that names the line and the field. */
export const parseTrainingData = Effect.fnUntraced(function* (file: string, text: string) {
  const items: Array<TrainingItem> = []
  const seen = new Set<string>()
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue
    const refuse = (problem: string) =>
      new InputError({
        subject: `${file}:${index + 1}`,
        problem,
        remedy: 'mend the line, or export the file again with "spanwise curate"',
      })
    const raw: unknown = yield* Effect.try({
      try: () => JSON.parse(line),
      catch: () => refuse('the line is not JSON'),
    })
    const parsed = curatedSchema.safeParse(raw)
    if (!parsed.success) {
      const issue = parsed.error.issues[0]!
      return yield* refuse(`field "${issue.path.join('.')}": ${issue.message}`)
    }
    const item = itemOf(parsed.data)
    if (seen.has(item.key)) return yield* refuse(`sample ${item.key} appears twice`)
    seen.add(item.key)
    items.push(item)
  }
  if (items.length === 0)
    return yield* new InputError({
      subject: file,
      problem: 'there are no samples in it',
      remedy: 'raise the budget of "spanwise curate", or point --data at another file',
    })
  const data: TrainingData = { items, sha256: createHash('sha256').update(text).digest('hex') }
  return data
})

/** Reads a curated JSONL file. */
export const readTrainingData = Effect.fn('readTrainingData')(function* (file: string) {
  const text = yield* Effect.try({
    try: () => readFileSync(file, 'utf8'),
    catch: (cause) =>
      new InputError({
        subject: file,
        problem: `cannot be read (${cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause)})`,
        remedy: 'give the JSONL file that "spanwise curate" wrote',
      }),
  })
  return yield* parseTrainingData(file, text)
})

/** What selection and samplers need of an item. */
export const candidateOf = (item: TrainingItem): Candidate => ({
  id: item.key,
  iou: 1 - item.difficulty,
  windows: item.sample.windows ?? [],
  duration: item.sample.duration ?? 0,
})
