import type { z } from 'zod'
import { firstIssue } from '../core/index.ts'
import { parseJson } from './json.ts'

/** A line of a record as a row, or what is wrong with it. */
export const rowOf = <A>(
  text: string,
  schema: z.ZodType<A>,
): { readonly row: A } | { readonly problem: string } => {
  const read = parseJson(text)
  if (!('value' in read)) return read
  const parsed = schema.safeParse(read.value)
  return parsed.success ? { row: parsed.data } : { problem: firstIssue(parsed.error) }
}
