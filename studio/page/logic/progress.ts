import type { RunDetail } from '../../api/index.ts'

export interface AgentProgress {
  readonly agent: string
  readonly verdicts: number
  /** Samples in its present plans; 0 where the run has no record of them. */
  readonly planned: number
}

/** How far each agent of a run is. */
export const progressOf = ({
  summary,
  planned,
}: Pick<RunDetail, 'summary' | 'planned'>): ReadonlyArray<AgentProgress> => {
  const names = new Set([...summary, ...planned].map(({ agent }) => agent))
  return [...names].map((agent) => ({
    agent,
    verdicts: summary.reduce((sum, row) => sum + (row.agent === agent ? row.verdicts : 0), 0),
    planned: planned.find((one) => one.agent === agent)?.samples ?? 0,
  }))
}
