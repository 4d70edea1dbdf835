import { join } from 'node:path'
import { Effect } from 'effect'
import { listFolder } from '../files/index.ts'
import { foldName, isPart, listParts } from './found.ts'
import { plannedName, recordedPlan } from './plan-file.ts'
import { listSlices } from './slices.ts'
import { readManifest } from './status-report.ts'

/** Part files of a slice, absolute like the agent's folder, and which of their rows count. */
export interface CurrentParts {
  readonly parts: ReadonlyArray<string>
  /** The planned keys, where the parts hold other rows too. */
  readonly only: { readonly planned: string; readonly plan: string } | null
}

/**
 * The part files that hold the verdicts of the current plans of an agent, slice by slice. Where every fold of the plan
 * is finished these are its own parts and nothing else; otherwise those of any cut, of whose rows only the planned ones count.
 * A slice without a recorded plan, as earlier versions left it, counts as a whole.
 */
export const currentParts = Effect.fn('Folds.currentParts')(function* (agentFolder: string) {
  const found: Array<CurrentParts> = []
  for (const { folder } of yield* listSlices(agentFolder)) {
    const plan = yield* recordedPlan(folder)
    const manifests = yield* Effect.forEach(plan?.folds ?? [], (fold) => readManifest(folder, fold))
    if (plan !== null && manifests.every((manifest) => manifest !== null)) {
      const folds = plan.folds.map((fold) => join(folder, foldName(fold)))
      const parts = yield* Effect.forEach(folds, (fold) =>
        Effect.map(listFolder(fold), (names) => names.filter(isPart).map((name) => join(fold, name))),
      )
      found.push({ parts: parts.flat(), only: null })
      continue
    }
    const parts = yield* listParts(folder)
    if (parts.length > 0)
      found.push({
        parts,
        only: plan === null ? null : { planned: join(folder, plannedName), plan: plan.keys },
      })
  }
  return found
})
