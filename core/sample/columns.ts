import { z } from 'zod'
import { firstIssue } from '../words.ts'
import { type Sample, sampleFields, sampleSchema } from './sample.ts'

/** A sample's fields as columns of a Parquet file or a table, with DuckDB's types. */
export const sampleColumns = {
  id: 'VARCHAR',
  dataset: 'VARCHAR',
  split: 'VARCHAR',
  task: 'VARCHAR',
  video: 'VARCHAR',
  file: 'VARCHAR',
  duration: 'DOUBLE',
  query: 'VARCHAR',
  windows: 'DOUBLE[][]',
  options: 'VARCHAR[]',
  answer: 'VARCHAR',
  meta: 'VARCHAR',
} as const satisfies { readonly [K in keyof Sample]-?: string }

/** A row of those columns: all are present, null where the sample has no such field; `meta` is JSON text. */
export type SampleRow = {
  readonly [K in keyof Sample]-?: K extends 'meta' ? string | null : Exclude<Sample[K], undefined> | null
}

const rowSchema = z.record(z.string(), z.unknown())

const parsed = (text: string, context: z.core.ParsePayload): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    context.issues.push({ code: 'custom', input: text, path: ['meta'], message: 'is not JSON' })
    return z.NEVER
  }
}

/** THE codec between rows of `sampleColumns` and samples; other columns are ignored. */
const sampleRow = z.codec(rowSchema, sampleSchema, {
  decode: (row, context) => {
    const { duration, windows, meta, ...fields } = row
    const present = Object.entries(fields).filter(([, value]) => value !== null)
    return {
      ...Object.fromEntries(present),
      duration: duration ?? null,
      windows: windows ?? null,
      ...(meta == null ? {} : { meta: typeof meta === 'string' ? parsed(meta, context) : meta }),
    } as unknown as z.input<typeof sampleSchema>
  },
  encode: (sample) => rowOf(sample as Sample) as unknown as Record<string, unknown>,
})

/** A sample as a row. */
export const rowOf = (sample: Sample): SampleRow =>
  Object.fromEntries(
    sampleFields.map((field) => [
      field,
      field === 'meta' && sample.meta !== undefined ? JSON.stringify(sample.meta) : (sample[field] ?? null),
    ]),
  ) as unknown as SampleRow

/** The sample of a row that Spanwise itself wrote; throws where it does not fit. */
export const sampleOfRow = (row: { readonly [column: string]: unknown }): Sample => {
  const read = sampleRow.safeDecode(row)
  if (read.success) return read.data
  throw new TypeError(firstIssue(read.error))
}
