import { hash } from 'node:crypto'
import { type Sample, sampleFields } from './sample.ts'

/** The fields that define a sample's content, sorted by name: not its origin, nor what does not change the question. */
const content = sampleFields.filter((field) => field !== 'id' && field !== 'meta').toSorted()

/**
 * The key under which verdicts are stored: the SHA-256 of the sample's content, not of its identifier, its position in
 * the file or its fold. Two rows with the same content about the same video are one sample.
 */
export const sampleKey = (sample: Sample): string => {
  // The canonical JSON of these fields (names sorted, null where absent), without the generic traversal: every start of
  // a fold computes it for the whole dataset.
  const said: { [field: string]: unknown } = {}
  for (const field of content) said[field] = sample[field] ?? null
  return hash('sha256', JSON.stringify(said))
}
