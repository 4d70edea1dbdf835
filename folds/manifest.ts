import { z } from 'zod'
import { usageSchema } from './journal.ts'
import { phasesSchema } from './stopwatch.ts'

const count = z.int().min(0)

/** The counts of a fold. `done` = kept + dropped + failed + absent; a finished fold has planned = done + duplicates. */
const countsSchema = z.object({
  planned: count,
  done: count,
  kept: count,
  dropped: count,
  failed: count,
  absent: count,
  duplicates: count,
})
export type Counts = z.output<typeof countsSchema>

/** Written last: its presence means that every part is complete. */
export const manifestSchema = z.object({
  version: z.literal(1),
  agent: z.string(),
  settings: z.string(),
  fold: z.object({ index: count, start: count, end: count }),
  /** Hash of the planned keys in order: another plan of the same name is another fold. */
  plan: z.string(),
  counts: countsSchema,
  parts: z.array(z.object({ name: z.string(), rows: count, sha256: z.string() })),
  provenance: z.record(z.string(), z.string()),
  /** Working time of all recorded starts. */
  seconds: z.number().min(0),
  /** Samples processed by the model in the last start, to which `seconds` refers; absent in earlier versions. */
  looked: count.optional(),
  /** Where the last start spent its time; absent in manifests of earlier versions. */
  phases: phasesSchema.optional(),
  /** The cost of all answers of all starts, by field of `Usage`; null if the backend does not report usage. */
  usage: usageSchema.nullable().optional(),
})
export type Manifest = z.output<typeof manifestSchema>

export type Outcome = 'kept' | 'dropped' | 'failed' | 'absent'

/** Counts the outcomes of a fold's rows. */
export const countOutcomes = (outcomes: Iterable<Outcome>, planned: number, duplicates: number): Counts => {
  const counts = { kept: 0, dropped: 0, failed: 0, absent: 0 }
  for (const outcome of outcomes) counts[outcome]++
  return {
    planned,
    done: counts.kept + counts.dropped + counts.failed + counts.absent,
    ...counts,
    duplicates,
  }
}
