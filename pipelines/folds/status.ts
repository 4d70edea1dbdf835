import { Effect } from 'effect'
import { agents } from '../../agents/index.ts'
import type { InputError } from '../../core/index.ts'
import { type FoldReport, reportFold } from '../../folds/index.ts'
import type { StoreError } from '../../store/index.ts'
import { type AgentCommand, nothingPlanned, type PlannedSlice, recordedPlans } from './plan.ts'

/** The state of every fold of a plan. */
export const reportFolds = (
  { folder, file }: PlannedSlice,
  known: Map<string, FoldReport>,
): Effect.Effect<ReadonlyArray<FoldReport>, InputError | StoreError> =>
  Effect.forEach(file.folds, (fold) => reportFold(folder, fold, known))

export interface AgentStatus {
  readonly agent: AgentCommand
  readonly dataset: string
  readonly split: string
  readonly folds: ReadonlyArray<FoldReport>
}

/** The current state of the folds of each agent and split, from a run's folder. */
export const runStatus = Effect.fn('Pipelines.runStatus')(function* (
  run: string,
  known: Map<string, FoldReport> = new Map(),
) {
  const standing: Array<AgentStatus> = []
  for (const agent of Object.keys(agents) as ReadonlyArray<AgentCommand>)
    for (const plan of yield* recordedPlans(run, agent)) {
      const { dataset, split } = plan.file.source
      standing.push({ agent, dataset, split, folds: yield* reportFolds(plan, known) })
    }
  if (standing.length > 0) return standing
  return yield* nothingPlanned(run)
}) satisfies (
  run: string,
  known?: Map<string, FoldReport>,
) => Effect.Effect<ReadonlyArray<AgentStatus>, InputError | StoreError>
