import { Effect } from 'effect'
import { z } from 'zod'
import {
  firstIssue,
  InputError,
  rowOf,
  type Sample,
  sampleColumns,
  sampleOfRow,
  sampleSchema,
} from '../core/index.ts'
import { parseJson } from '../files/index.ts'
import type { Row } from './database.ts'

/** One line of a curated dataset's `train.jsonl`: the sample with curation's fields. */
export const curatedSchema = sampleSchema.extend({
  curation: z.object({
    key: z.string(),
    decision: z.enum(['keep', 'repair', 'downweight']),
    /** Of the sample's loss; 1 is full. Larger ones than this overflow. */
    weight: z.number().positive().max(1e6),
    /** These three are null where difficulty was not estimated. */
    meanIou: z.number().min(0).max(1).nullable(),
    difficulty: z.number().min(0).max(1).nullable(),
    band: z.enum(['easy', 'medium', 'hard']).nullable(),
    partialScore: z.number().nullable(),
    annotated: sampleSchema.shape.windows,
  }),
})
export type Curation = z.output<typeof curatedSchema>['curation']
export type CuratedSample = Sample & { readonly curation: Curation }

/** Columns of a curated dataset's `train.parquet`: those of a sample, and what curation says of it. */
export const curatedSampleTypes = {
  ...sampleColumns,
  key: 'VARCHAR',
  decision: 'VARCHAR',
  weight: 'DOUBLE',
  mean_iou: 'DOUBLE',
  difficulty: 'DOUBLE',
  band: 'VARCHAR',
  partial_score: 'DOUBLE',
  annotated: 'DOUBLE[][]',
} as const

/** A curated sample as a row of those columns. */
export const curatedRow = ({ curation, ...sample }: CuratedSample): Row => {
  const { meanIou: mean_iou, partialScore: partial_score, ...others } = curation
  return { ...rowOf(sample), ...others, mean_iou, partial_score }
}

/** Name of the file in a curated dataset's folder. */
export const curatedFile = 'train.jsonl'

/** The rows of curated data in a JSON-lines text. `file` names it where a line is refused. */
export const parseCurated = Effect.fnUntraced(function* <A>(
  file: string,
  text: string,
  schema: z.ZodType<A>,
): Effect.fn.Return<ReadonlyArray<A>, InputError> {
  const rows: Array<A> = []
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue
    const read = parseJson(line)
    const parsed = 'value' in read ? schema.safeParse(read.value) : null
    if (parsed?.success === true) rows.push(parsed.data)
    else
      return yield* new InputError({
        subject: `${file}:${index + 1}`,
        problem: parsed === null ? (read as { readonly problem: string }).problem : firstIssue(parsed.error!),
        remedy: 'fix the line, or create the file again with "spanwise curate" or "spanwise datasets export"',
      })
  }
  return rows
})

/** A sample's columns in verdicts and curations: the fields that queries use, and the others as JSON in `extra`. */
export const storedSample = (sample: Sample) => {
  const { id, options, answer, meta, ...columns } = sample
  return { sample: id, ...columns, extra: JSON.stringify({ options, answer, meta }) }
}

/** The sample of a stored row. */
export const sampleOfStored = (row: { readonly [column: string]: unknown }): Sample =>
  sampleOfRow({ ...row, id: row.sample, ...(JSON.parse(String(row.extra ?? '{}')) as object) })
