import { createHash } from 'node:crypto'
import type { Json, Sample } from '../core/index.ts'

/** JSON with the keys of every object sorted and no spaces: equal values give equal text. Absent fields are left out. */
export const canonical = (value: Json | undefined): string => {
  if (value === undefined) return 'null'
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (value !== null && typeof value === 'object') {
    const entries = Object.entries(value as { readonly [key: string]: Json | undefined })
      .filter(([, field]) => field !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
    return `{${entries.map(([key, field]) => `${JSON.stringify(key)}:${canonical(field)}`).join(',')}}`
  }
  return JSON.stringify(value)
}

/** SHA-256 of a value's canonical JSON, in hexadecimal. */
export const contentHash = (value: Json): string =>
  createHash('sha256').update(canonical(value)).digest('hex')

/**
 * What a verdict is kept under: the content of the sample, not its identifier, its place in the file or its fold.
 * Two rows that say the same of the same video are one sample.
 */
export const sampleKey = (sample: Sample): string =>
  contentHash({
    dataset: sample.dataset,
    split: sample.split,
    task: sample.task,
    video: sample.video,
    file: sample.file,
    duration: sample.duration,
    query: sample.query,
    windows: sample.windows,
    options: sample.options ?? null,
    answer: sample.answer ?? null,
  })
