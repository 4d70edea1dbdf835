import { createHash } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Effect } from 'effect'
import { z } from 'zod'
import { InputError, type Sample, type Window, Windows } from '../core/index.ts'
import { type Band, bandOf, type Candidate, defaultBounds } from '../curriculum/index.ts'
import { actRepSample } from '../datasets/index.ts'
import { codeOf, withoutMark } from '../files/index.ts'
import { curatedFile, curatedSchema, parseCurated } from '../store/index.ts'
import { contradictions, plainCount } from '../tasks/index.ts'

/** A line as it is written: one of ActRep-R1's, which has `video_id` and no `video`, becomes the sample that it describes. */
const fromActRep = (value: unknown, context: z.core.$RefinementCtx): unknown => {
  if (typeof value !== 'object' || value === null || 'video' in value || !('video_id' in value)) return value
  const read = actRepSample.safeParse(value)
  if (read.success) return read.data
  for (const { code: _, ...issue } of read.error.issues)
    context.issues.push({ ...issue, code: 'custom', input: value })
  return z.NEVER
}

const row = curatedSchema
  .extend({
    curation: z.exactOptional(
      curatedSchema.shape.curation.pick({ difficulty: true, band: true, weight: true }),
    ),
  })
  .check(({ value, issues }) => {
    const wrong = value.windows?.findIndex((window) => !Windows.isWindow(window)) ?? -1
    if (wrong >= 0)
      issues.push({
        code: 'custom',
        input: value,
        path: ['windows', wrong],
        message: `[${value.windows![wrong]}] is reversed or starts before zero`,
      })
    else {
      const misplaced = Windows.misplaced(value.windows ?? [], value.duration ?? Number.POSITIVE_INFINITY)
      if (misplaced !== null)
        issues.push({ code: 'custom', input: value, path: ['windows'], message: misplaced })
    }
    const against = contradictions(value).find(({ fatal }) => fatal)
    if (against !== undefined) issues.push({ code: 'custom', input: value, message: against.message })
  })

/**
 * One line of training data: a sample as `curate` or `cot` writes it, or a plain one, which then has an unknown
 * difficulty, a medium band and full weight; or a line of ActRep-R1's data.
 */
const trainingRow = z.preprocess(fromActRep, row)

/** A sample to train on. */
export interface TrainingItem {
  /** Unique over all datasets of the file. */
  readonly key: string
  readonly sample: Sample
  /** In [0, 1]; 0.5 where it was never estimated. */
  readonly difficulty: number
  readonly band: Band
  readonly weight: number
  /** First and last frame of the part of the video that it is about; all of it where absent. */
  readonly segment?: Window
  /** The same in seconds of the video. */
  readonly part?: Window
}

export interface TrainingData {
  readonly items: ReadonlyArray<TrainingItem>
  readonly sha256: string
}

/** A sample whose windows end with its clip: nothing beyond can be answered, and difficulty was judged inside too. */
const insideClip = (sample: Sample): Sample => {
  const { windows, duration } = sample
  const beyond = duration !== null && windows?.some(([, end]) => end > duration) === true
  return beyond ? { ...sample, windows: Windows.clip(windows, [0, duration]) } : sample
}

const itemOf = ({ curation, ...row }: z.output<typeof trainingRow>): TrainingItem => {
  const sample = insideClip(row)
  const difficulty = curation?.difficulty ?? 0.5
  return {
    key: `${sample.dataset}/${sample.split}/${sample.id}`,
    sample: plainCount(sample),
    difficulty,
    band: curation?.band ?? bandOf(difficulty, defaultBounds),
    weight: curation?.weight ?? 1,
  }
}

/** Parses the text of a JSONL file of training data. Fails with an InputError that names the line and the field. */
export const parseTrainingData = Effect.fnUntraced(function* (file: string, text: string) {
  const items: Array<TrainingItem> = []
  const seen = new Set<string>()
  for (const row of yield* parseCurated(file, withoutMark(text), trainingRow)) {
    const item = itemOf(row)
    if (seen.has(item.key))
      return yield* new InputError({
        subject: file,
        problem: `sample ${item.key} appears twice`,
        remedy: 'keep one of them',
      })
    seen.add(item.key)
    items.push(item)
  }
  if (items.length === 0)
    return yield* new InputError({
      subject: file,
      problem: 'contains no samples',
      remedy: 'select some with "spanwise curate", or set --data to another file',
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
        problem: codeOf(cause) === 'ENOENT' ? 'does not exist' : `cannot be read (${codeOf(cause)})`,
        remedy:
          'write it with "spanwise curate", or use --data with such a folder or a JSONL file of samples',
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
