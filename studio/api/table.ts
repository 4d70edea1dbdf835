import { z } from 'zod'
import { cellSchema } from './common.ts'
import { columnSchema } from './runs.ts'

/** One condition on a column. All conditions of a view hold together. */
export const filterSchema = z.discriminatedUnion('op', [
  /** From `min` to `max`, both included; null is unbounded. */
  z.object({
    op: z.literal('between'),
    column: z.string(),
    min: z.number().nullable(),
    max: z.number().nullable(),
  }),
  /** One of these values; null stands for an absent value. */
  z.object({
    op: z.literal('in'),
    column: z.string(),
    values: z.array(z.union([z.string(), z.number(), z.boolean(), z.null()])).readonly(),
  }),
  /** Text that contains this text, whatever its case. */
  z.object({ op: z.literal('contains'), column: z.string(), text: z.string() }),
])
export type Filter = z.output<typeof filterSchema>

/** Which rows of a relation, in which order. It is the `view` parameter, as JSON, of every path that reads a table. */
export const viewSchema = z.object({
  /** `samples` (both agents joined, one row a sample), or an agent's own table. */
  relation: z.string().default('samples'),
  filters: z.array(filterSchema).readonly().default([]),
  /** One SQL expression over the columns, as after WHERE; null for none. */
  where: z.string().max(10_000).nullable().default(null),
  sort: z
    .array(z.object({ column: z.string(), descending: z.boolean() }))
    .readonly()
    .default([]),
  /** The columns of the page, in order; all of them where empty. `key` always comes. */
  columns: z.array(z.string()).readonly().default([]),
})
export type View = z.output<typeof viewSchema>
/** A view as the page may send it: everything left out has its default. */
export type ViewInput = z.input<typeof viewSchema>

/** `GET /api/runs/RUN/table?view=VIEW&offset=N&limit=N` (limit at most 500). */
export const pageSchema = z.object({
  columns: z.array(columnSchema).readonly(),
  /** One array of cells a row, in the order of `columns`. */
  rows: z.array(z.array(cellSchema).readonly()).readonly(),
  offset: z.number(),
  /** All rows of the view, beyond the page too. */
  total: z.number(),
  /** Where the answer comes from. */
  source: z.enum(['curation.duckdb', 'part files']),
  /** Changes whenever the rows may have changed. */
  revision: z.string(),
  /** False while a large run is still being read: `total` is an estimate, and conditions wait. */
  ready: z.boolean(),
})
export type Page = z.output<typeof pageSchema>

/** `GET /api/runs/RUN/position?view=VIEW&key=KEY`: the sample's row number in the view; null where it is not in it. */
export const positionSchema = z.object({ position: z.number().nullable() })
export type Position = z.output<typeof positionSchema>

/** `GET /api/runs/RUN/histogram?view=VIEW&column=NAME&bins=N`; the filter on the column itself is left out. */
export const histogramSchema = z.object({
  column: z.string(),
  min: z.number().nullable(),
  max: z.number().nullable(),
  /** Equal widths from `min` to `max`. */
  counts: z.array(z.number()).readonly(),
  /** Rows without a value. */
  missing: z.number(),
})
export type Histogram = z.output<typeof histogramSchema>

/** `GET /api/runs/RUN/values?view=VIEW&column=NAME`: the most frequent values of a column, for filters. */
export const valuesSchema = z.object({
  column: z.string(),
  values: z.array(z.object({ value: cellSchema, count: z.number() })).readonly(),
  more: z.boolean(),
})
export type Values = z.output<typeof valuesSchema>

/** `GET /api/runs/RUN/sql?view=VIEW`: the query that `spanwise query` takes. */
export const sqlSchema = z.object({ sql: z.string() })
export type Sql = z.output<typeof sqlSchema>

/** `GET /api/runs/RUN/export?view=VIEW&format=F`: a download of every row of the view. */
export const exportFormats = ['parquet', 'csv', 'jsonl'] as const
export type ExportFormat = (typeof exportFormats)[number]
