import { Effect } from 'effect'
import { agents } from '../../agents/index.ts'
import { IncompleteError, type InputError } from '../../core/index.ts'
import { type Verified, verifyPlan } from '../../folds/index.ts'
import type { StoreError } from '../../store/index.ts'
import { runMerge } from '../merge.ts'
import { type AgentCommand, agentFolder, nothingPlanned, recordedPlans, replan } from './plan.ts'

export interface FoldsMerged extends Omit<Verified, 'missing'> {
  readonly agent: AgentCommand
  readonly dataset: string
  readonly split: string
}

/**
 * Checks that the part files hold every planned sample of every agent of a run, then fills `RUN/curation.duckdb`: one
 * verdict per sample and agent. Nothing is filled where a sample is missing.
 */
export const mergeFolds = Effect.fn('Pipelines.mergeFolds')(function* (run: string) {
  const merged: Array<FoldsMerged> = []
  const plans = yield* Effect.forEach(Object.keys(agents) as ReadonlyArray<AgentCommand>, (agent) =>
    Effect.map(recordedPlans(run, agent), (all) => all.map((one) => ({ ...one, agent }))),
  )
  for (const { agent, folder, file } of plans.flat()) {
    const plan = yield* replan(run, agent, file)
    const { dataset, split } = plan.slice
    const keys = plan.planned.map(({ key }) => key)
    const { missing, ...verified } = yield* verifyPlan(agentFolder(run, agent), folder, keys)
    const lacking = verified.planned - verified.found
    if (lacking > 0) {
      const at = keys.indexOf(missing[0]!)
      const before = plan.file.folds.findIndex(
        (_, index) => plan.file.folds.slice(0, index + 1).reduce((sum, { planned }) => sum + planned, 0) > at,
      )
      return yield* new IncompleteError({
        subject: `${agent} in ${run}`,
        problem: `${lacking} of ${verified.planned} planned samples have no verdict yet, the first is ${plan.planned[at]!.sample.id} in fold ${before}`,
        remedy: 'finish them with "spanwise folds run"',
      })
    }
    merged.push({ agent, dataset, split, ...verified })
  }
  if (merged.length === 0) return yield* nothingPlanned(run)
  yield* runMerge(run)
  return merged
}) satisfies (
  run: string,
) => Effect.Effect<ReadonlyArray<FoldsMerged>, InputError | IncompleteError | StoreError>
