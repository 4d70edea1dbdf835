import { z } from 'zod'
import type { Json } from '../../core/index.ts'

/** `[start, end]` in seconds. */
export const windowSchema = z.tuple([z.number(), z.number()]).readonly()
export const windowsSchema = z.array(windowSchema).readonly()

/** Any JSON value, as DuckDB gives the value of a cell. */
export const cellSchema: z.ZodType<Json> = z.json()
export type Cell = Json

/** The body of every refusal: one sentence for people, with what to do where that is known. */
export const problemSchema = z.object({ error: z.string(), remedy: z.string().optional() })
export type Problem = z.output<typeof problemSchema>

/** A content hash of a sample, by which verdicts, decisions and rollouts of one sample are found. */
export const keySchema = z.string().min(1).max(200)
