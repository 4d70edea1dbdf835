import { join } from 'node:path'
import { Effect } from 'effect'
import type { InputError } from '../core/index.ts'
import { holderOf, listFolder, readJson } from '../files/index.ts'
import { openDatabase, parquetOf, type StoreError } from '../store/index.ts'
import { foldName, isPart } from './found.ts'
import { type Manifest, manifestSchema } from './manifest.ts'
import type { Fold } from './plan.ts'
import { type Endpoint, kindOf, readStatus } from './status.ts'

/** The state of a fold, read from the run's folder. */
export interface FoldReport {
  readonly fold: Fold
  /** `running` while a live process holds it, `done` once its manifest exists, `stopped` if it was begun. */
  readonly state: 'waiting' | 'running' | 'stopped' | 'done'
  readonly planned: number
  readonly done: number
  readonly kept: number
  readonly dropped: number
  readonly failed: number
  readonly absent: number
  /** Samples per second of this start, and seconds left at that rate; null unless running. */
  readonly rate: number | null
  readonly eta: number | null
  /** Failed and absent samples by kind. */
  readonly failures: { readonly [kind: string]: number }
  readonly holder: { readonly pid: number; readonly host: string } | null
  readonly endpoints: ReadonlyArray<Endpoint>
}

export interface PlannedFold extends Fold {
  /** Samples to be done, duplicates not counted. */
  readonly planned: number
  /** Hash of their keys in order. */
  readonly plan: string
}

/** The manifest of a fold where it is that of this plan. */
export const readManifest = (
  folder: string,
  fold: Fold & { readonly plan: string },
): Effect.Effect<Manifest | null, InputError> =>
  readJson(join(folder, foldName(fold), 'manifest.json'), manifestSchema).pipe(
    Effect.map((manifest) => (manifest?.plan === fold.plan ? manifest : null)),
  )

/** Failures by kind in the parts of a finished fold. */
const failureKinds = Effect.fnUntraced(function* (folder: string) {
  const parts = (yield* listFolder(folder)).filter(isPart).map((name) => join(folder, name))
  const database = yield* openDatabase(':memory:', { threads: 1, memory: '256MB' })
  const rows = yield* database.rows(
    `SELECT reason, count(*)::DOUBLE AS samples FROM ${parquetOf(parts)}
     WHERE outcome IN ('failed', 'absent') GROUP BY reason ORDER BY reason`,
  )
  const kinds: { [kind: string]: number } = {}
  for (const { reason, samples } of rows) {
    const kind = kindOf(reason === null ? null : String(reason))
    kinds[kind] = (kinds[kind] ?? 0) + Number(samples)
  }
  return kinds
}, Effect.scoped)

/**
 * The state of a planned fold of an agent's folder. `known` caches finished folds between calls.
 */
export const reportFold = Effect.fn('Folds.reportFold')(function* (
  folder: string,
  fold: PlannedFold,
  known: Map<string, FoldReport> = new Map(),
) {
  const name = join(folder, foldName(fold))
  const manifest = yield* readManifest(folder, fold)
  const { index, start, end, planned } = fold
  const common = { fold: { index, start, end }, planned }
  if (manifest !== null) {
    const id = JSON.stringify([fold.plan, manifest.counts])
    const before = known.get(id)
    if (before !== undefined) return before
    const { done, kept, dropped, failed, absent } = manifest.counts
    const report: FoldReport = {
      ...common,
      ...{ state: 'done', done, kept, dropped, failed, absent, rate: null, eta: null },
      failures: failed + absent > 0 ? yield* failureKinds(name) : {},
      ...{ holder: null, endpoints: [] },
    }
    known.set(id, report)
    return report
  }
  const lease = yield* holderOf(name)
  const status = yield* readStatus(name)
  const holder = lease === null ? null : { pid: lease.pid, host: lease.host }
  const none = { done: 0, kept: 0, dropped: 0, failed: 0, absent: 0, failures: {}, endpoints: [] }
  if (status === null) {
    const state = holder === null ? 'waiting' : 'running'
    return { ...common, ...none, state, holder, rate: null, eta: null } satisfies FoldReport
  }
  const { done, kept, dropped, failed, absent, failures, endpoints } = status
  const counts = { done, kept, dropped, failed, absent, failures }
  if (holder === null)
    return {
      ...{ ...common, ...counts, state: 'stopped', holder },
      ...{ rate: null, eta: null, endpoints: [] },
    } satisfies FoldReport
  const seconds = (status.updated - status.started) / 1000
  const rate = seconds > 0 && done > status.from ? (done - status.from) / seconds : null
  const eta = rate === null ? null : (planned - done) / rate
  return { ...common, ...counts, state: 'running', holder, rate, eta, endpoints } satisfies FoldReport
}) satisfies (
  folder: string,
  fold: PlannedFold,
  known?: Map<string, FoldReport>,
) => Effect.Effect<FoldReport, InputError | StoreError>
