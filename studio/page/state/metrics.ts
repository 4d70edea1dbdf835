import { useEffect, useState } from 'preact/hooks'
import type { Metrics } from '../../api/index.ts'
import { get, path, type Refused, refusedBy } from './api.ts'

export interface RunMetrics {
  readonly run: string
  readonly metrics: Metrics
}

/** Figures of several runs, read again whenever `revision` changes. */
export const useMetrics = (runs: ReadonlyArray<string>, revision: number) => {
  const [found, setFound] = useState<ReadonlyArray<RunMetrics>>([])
  const [problem, setProblem] = useState<Refused | null>(null)
  useEffect(() => {
    const control = new AbortController()
    Promise.all(
      runs.map(async (run) => ({
        run,
        metrics: await get<Metrics>(path(['runs', run, 'metrics']), control.signal),
      })),
    ).then(
      (all) => {
        setFound(all)
        setProblem(null)
      },
      (cause: unknown) => {
        if (!control.signal.aborted) setProblem(refusedBy(cause))
      },
    )
    return () => control.abort()
  }, [runs.join('\n'), revision])
  return { found, problem }
}
