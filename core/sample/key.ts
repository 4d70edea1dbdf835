import { hash } from 'node:crypto'
import { type Sample, sampleFields } from './sample.ts'

/** What a sample says, in the order of their names: all but where it was found and what does not change the question. */
const content = sampleFields.filter((field) => field !== 'id' && field !== 'meta').toSorted()

/**
 * What verdicts are kept under: the SHA-256 of the content of the sample, not of its identifier, its place in the file
 * or its fold. Two rows that say the same of the same video are one sample.
 */
export const sampleKey = (sample: Sample): string => {
  // The canonical JSON of these fields (names sorted, null where absent), without the general walk: every start of a
  // fold does it for the whole dataset before it.
  const said: { [field: string]: unknown } = {}
  for (const field of content) said[field] = sample[field] ?? null
  return hash('sha256', JSON.stringify(said))
}
