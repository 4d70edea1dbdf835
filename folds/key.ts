import { hash } from 'node:crypto'
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
export const contentHash = (value: Json): string => hash('sha256', canonical(value))

/**
 * What a verdict is kept under: the content of the sample, not its identifier, its place in the file or its fold.
 * Two rows that say the same of the same video are one sample.
 */
export const sampleKey = (sample: Sample): string =>
  // The canonical JSON of these fields, written in its order of names: half the time of `contentHash`, and every start of
  // a fold does it for the whole dataset before it.
  hash(
    'sha256',
    JSON.stringify({
      answer: sample.answer ?? null,
      dataset: sample.dataset,
      duration: sample.duration,
      file: sample.file,
      options: sample.options ?? null,
      query: sample.query,
      split: sample.split,
      task: sample.task,
      video: sample.video,
      windows: sample.windows,
    }),
  )
