import { Effect } from 'effect'
import { agents } from '../../agents/index.ts'
import type { InputError } from '../../core/index.ts'
import { type FoldReport, reportFold } from '../../folds/index.ts'
import type { StoreError } from '../../store/index.ts'
import { type AgentCommand, agentFolder, nothingPlanned, type PlanFile, recordedPlan } from './plan.ts'

/** Where every fold of a plan stands. */
export const reportFolds = (
  run: string,
  agent: AgentCommand,
  file: PlanFile,
  known: Map<string, FoldReport>,
): Effect.Effect<ReadonlyArray<FoldReport>, InputError | StoreError> =>
  Effect.forEach(file.folds, (fold) => reportFold(agentFolder(run, agent), fold, known))

export interface AgentStatus {
  readonly agent: AgentCommand
  readonly folds: ReadonlyArray<FoldReport>
}

/** A reading of a run's folder: where the folds of each agent stand now. */
export const runStatus = Effect.fn('Pipelines.runStatus')(function* (
  run: string,
  known: Map<string, FoldReport> = new Map(),
) {
  const standing: Array<AgentStatus> = []
  for (const agent of Object.keys(agents) as ReadonlyArray<AgentCommand>) {
    const file = yield* recordedPlan(run, agent)
    if (file !== null) standing.push({ agent, folds: yield* reportFolds(run, agent, file, known) })
  }
  if (standing.length > 0) return standing
  return yield* nothingPlanned(run)
}) satisfies (
  run: string,
  known?: Map<string, FoldReport>,
) => Effect.Effect<ReadonlyArray<AgentStatus>, InputError | StoreError>
