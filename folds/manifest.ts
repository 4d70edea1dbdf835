import { z } from 'zod'
import { usageSchema } from './journal.ts'
import { phasesSchema } from './stopwatch.ts'

const count = z.int().min(0)

/** How a fold stands. `done` = kept + dropped + failed + absent; a finished fold has planned = done + duplicates. */
export const countsSchema = z.object({
  planned: count,
  done: count,
  kept: count,
  dropped: count,
  failed: count,
  absent: count,
  duplicates: count,
})
export type Counts = z.output<typeof countsSchema>

/** Written last: its presence says that every part is there. */
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
  /** Working time of all starts together that this manifest knows of. */
  seconds: z.number().min(0),
  /** Samples that the model looked at in the last start, whose `seconds` these are; earlier versions lack it. */
  looked: count.optional(),
  /** What the last start was busy with; manifests of earlier versions lack it. */
  phases: phasesSchema.optional(),
  /** What all answers of all starts cost, by field of `Usage`; null where the backend does not count. */
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
