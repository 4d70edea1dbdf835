import { join } from 'node:path'
import { Effect } from 'effect'
import { InputError } from '../../core/index.ts'
import { plannedName, type Slice, sameSlice } from '../../folds/index.ts'
import { type DatabaseError, literal, parquetOf, type Row } from '../../store/index.ts'
import { type PlannedSlice, recordedPlans } from '../folds/plan.ts'
import type { Merged } from '../merge.ts'

/** Both agents' verdicts of one sample. */
export interface Pair {
  readonly bra?: Row
  readonly dea?: Row
}

/** The verdicts of one slice of a run. */
export interface Verdicts {
  readonly slice: Slice
  /** In the order of the samples. */
  readonly pairs: ReadonlyArray<Pair>
  /** Samples of the current plan; null where no plan was recorded, as by earlier versions. */
  readonly planned: number | null
  /** Whether boundary reflection, and difficulty estimation, looked at this slice at all. */
  readonly reflected: boolean
  readonly measured: boolean
  /** One part file of each agent, for its metadata. */
  readonly parts: ReadonlyArray<string>
}

const named = ({ dataset, split }: Slice): string => `${dataset} ${split}`

/** The requested slice, the only one, or the training split by default. */
const chooseSlice = (
  found: ReadonlyArray<Slice>,
  wanted: Partial<Slice>,
  run: string,
): Slice | InputError => {
  const fit = found.filter(
    ({ dataset, split }) =>
      (wanted.dataset === undefined || wanted.dataset === dataset) &&
      (wanted.split === undefined || wanted.split === split),
  )
  const trains = fit.filter(({ split }) => split === 'train')
  const chosen = fit.length === 1 ? fit[0] : trains.length === 1 ? trains[0] : undefined
  if (chosen !== undefined) return chosen
  const asked = [wanted.dataset, wanted.split].filter((name) => name !== undefined).join(' ')
  return new InputError({
    subject: run,
    problem:
      fit.length === 0
        ? `contains no verdicts of ${asked}, only of ${found.map(named).join(' and ')}`
        : `contains verdicts of ${fit.map(named).join(' and ')}`,
    remedy: 'select one with --dataset and --split',
  })
}

/** The plan of a slice that either agent recorded last. */
const latestPlan = Effect.fnUntraced(function* (run: string, slice: Slice) {
  const plans: Array<PlannedSlice> = []
  for (const agent of ['bra', 'dea'] as const)
    plans.push(...(yield* recordedPlans(run, agent)).filter(({ file }) => sameSlice(file.source, slice)))
  return plans.toSorted((a, b) => (b.file.recorded ?? 0) - (a.file.recorded ?? 0))[0] ?? null
})

/**
 * Both agents' verdicts of the samples that are planned now in one slice of a run: those of the
 * latest plan. Verdicts about other splits, annotations corrected since or rows removed since are not included.
 */
export const joinVerdicts = Effect.fn('Pipelines.joinVerdicts')(function* (
  { database, makeEvidence }: Merged,
  run: string,
  wanted: Partial<Slice>,
) {
  const found = yield* database.rows('SELECT DISTINCT dataset, split FROM verdicts ORDER BY ALL')
  const slice = chooseSlice(found as unknown as ReadonlyArray<Slice>, wanted, run)
  if (slice instanceof InputError) return yield* slice
  const plan = yield* latestPlan(run, slice)
  yield* makeEvidence
  const only =
    plan === null
      ? ''
      : `SEMI JOIN ${parquetOf([join(plan.folder, plannedName)])} planned ON v.key = planned.key`
  const of = (table: string): Effect.Effect<ReadonlyArray<Row>, DatabaseError> =>
    database.rows(`SELECT v.*, e.evidence FROM ${table} v JOIN evidence e USING (part, part_row) ${only}
                   WHERE v.dataset = ${literal(slice.dataset)} AND v.split = ${literal(slice.split)}
                   ORDER BY part, part_row`)
  const bra = yield* of('boundary_reflection')
  const dea = yield* of('difficulty_estimation')
  const pairs = new Map<string, Pair>()
  for (const row of bra) pairs.set(String(row.key), { bra: row })
  for (const row of dea) pairs.set(String(row.key), { ...pairs.get(String(row.key)), dea: row })
  return {
    slice,
    pairs: [...pairs.values()],
    planned: plan === null ? null : plan.file.folds.reduce((sum, { planned }) => sum + planned, 0),
    reflected: bra.length > 0,
    measured: dea.length > 0,
    parts: [bra, dea].flatMap(([first]) => (first === undefined ? [] : [join(run, String(first.part))])),
  } satisfies Verdicts
})
