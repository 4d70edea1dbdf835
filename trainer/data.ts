import { createHash } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Effect } from 'effect'
import { z } from 'zod'
import { InputError, type Sample, type Window } from '../core/index.ts'
import { type Band, bandOf, type Candidate, defaultBounds } from '../curriculum/index.ts'
import { curatedFile, curatedSchema } from '../store/index.ts'

const windowSchema = z
  .tuple([z.number().min(0), z.number().min(0)])
  .refine(([start, end]) => start <= end, 'the window is reversed')

/**
 * One line of training data: a sample as `curate` exports it, or a plain one, which then has an unknown difficulty, a
 * medium band and full weight.
 */
export const trainingRow = curatedSchema.extend({
  id: z.string().min(1),
  duration: z.number().positive().nullable(),
  windows: z.array(windowSchema).nullable(),
  curation: curatedSchema.shape.curation.pick({ difficulty: true, band: true, weight: true }).optional(),
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

const itemOf = (row: z.infer<typeof trainingRow>): TrainingItem => {
  const difficulty = row.curation?.difficulty ?? 0.5
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
    ...(row.options === undefined ? {} : { options: row.options }),
    ...(row.answer === undefined ? {} : { answer: row.answer }),
    ...(row.meta === undefined ? {} : { meta: row.meta }),
  }
  return {
    key: `${row.dataset}/${row.split}/${row.id}`,
    sample,
    difficulty,
    band: row.curation?.band ?? bandOf(difficulty, defaultBounds),
    weight: row.curation?.weight ?? 1,
  }
}

/** Parses the text of a JSONL file of training data. Fails with an InputError that names the line and the field. */
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
    const parsed = trainingRow.safeParse(raw)
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

/** Reads a curated dataset's folder, or a JSONL file of the same format. */
export const readTrainingData = Effect.fn('readTrainingData')(function* (path: string) {
  const { file, text } = yield* Effect.try({
    try: () => {
      const file = statSync(path).isDirectory() ? join(path, curatedFile) : path
      return { file, text: readFileSync(file, 'utf8') }
    },
    catch: (cause) =>
      new InputError({
        subject: path,
        problem: `cannot be read (${cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause)})`,
        remedy: 'give the folder that "spanwise curate" wrote, or a JSONL file like it',
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
