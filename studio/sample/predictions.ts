import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Effect } from 'effect'
import { z } from 'zod'
import { suites } from '../../eval/index.ts'
import { readRows } from '../../files/index.ts'
import type { Lane } from '../api/index.ts'
import type { FoundRun } from '../discovery/find.ts'
import type { Studio } from '../studio.ts'
import { windowLane } from './lane.ts'

const row = z.object({
  id: z.string(),
  windows: z
    .array(z.tuple([z.number(), z.number()]).rest(z.number()))
    .nullable()
    .optional(),
  answer: z.union([z.string(), z.number()]).nullable().optional(),
})
export type PredictedRow = z.output<typeof row>

const settings = z.object({
  model: z.object({ model: z.string() }),
  settings: z.object({
    benchmark: z.object({ suite: z.string(), split: z.string() }).nullable().optional(),
  }),
})

interface Known {
  readonly stamp: string
  readonly rows: ReadonlyMap<string, PredictedRow>
  /** Null where the evaluation does not say what it was of. */
  readonly of: { readonly dataset: string; readonly split: string } | null
  readonly model: string
}

const known = new Map<string, Known>()
/** Evaluations whose predictions stay in memory. */
const kept = 8

/** The predictions of an evaluation by sample id; none where it has none yet. */
export const predictionsOf = Effect.fnUntraced(function* (run: FoundRun) {
  const path = join(run.path, 'predictions.jsonl')
  const stat = statSync(path, { throwIfNoEntry: false })
  const stamp = stat === undefined ? '' : `${stat.mtimeMs} ${stat.size}`
  const before = known.get(run.path)
  if (before?.stamp === stamp) return before
  const parsed = (() => {
    try {
      return settings.safeParse(JSON.parse(readFileSync(join(run.path, 'settings.json'), 'utf8'))).data
    } catch {
      return undefined
    }
  })()
  const benchmark = parsed?.settings.benchmark ?? null
  const suite = benchmark === null ? undefined : suites[benchmark.suite]
  const fresh: Known = {
    stamp,
    rows: new Map((yield* readRows(path, row)).map((one) => [one.id, one])),
    of: benchmark === null || suite === undefined ? null : { dataset: suite.dataset, split: benchmark.split },
    model: parsed?.model.model ?? run.name,
  }
  known.delete(run.path)
  known.set(run.path, fresh)
  for (const oldest of known.keys()) if (known.size > kept) known.delete(oldest)
  return fresh
})

/** What evaluated models predicted for a sample, one lane an evaluation. */
export const predictionLanes = Effect.fnUntraced(function* (
  studio: Pick<Studio, 'runs'>,
  sample: {
    readonly id: string
    readonly dataset: string
    readonly split: string
    readonly windows: Parameters<typeof windowLane>[3] | null
  },
) {
  const lanes: Array<Lane> = []
  for (const run of studio.runs().values()) {
    if (run.kind !== 'evaluation') continue
    // A damaged evaluation must not keep the sample from being shown.
    const found = yield* predictionsOf(run).pipe(
      Effect.catch(({ message }) => Effect.as(Effect.logWarning(message), null)),
    )
    if (found === null) continue
    const { rows, of } = found
    if (of !== null && (of.dataset !== sample.dataset || of.split !== sample.split)) continue
    const predicted = rows.get(sample.id)
    if (predicted === undefined) continue
    const windows = (predicted.windows ?? []).map(([start, end]) => [start, end] as const)
    const outcome = predicted.windows == null ? 'unreadable' : windows.length === 0 ? 'none' : 'answer'
    lanes.push(
      windowLane('prediction', `prediction/${run.id}`, run.name, windows, {
        annotated: sample.windows,
        outcome,
      }),
    )
  }
  return lanes
})
