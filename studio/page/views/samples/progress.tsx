import type { RunDetail } from '../../../api/index.ts'
import { count } from '../../logic/figures.ts'
import { progressOf } from '../../logic/progress.ts'
import { Link } from '../../parts/link.tsx'
import { runs } from '../../state/runs.ts'

const whyNotAll =
  'A sample is listed, and can be reviewed, once an agent has written a verdict about it: run the agent on, e.g. "spanwise bra" or "spanwise dea" with the same --run'

interface ProgressProps {
  readonly detail: RunDetail
  /** Rows of the view; null while they are read for the first time. */
  readonly total: number | null
  readonly source: string
  /** Milliseconds of the latest reading. */
  readonly took: number
}

/** The line below the table: how many rows, from where, and what the agents have judged so far. */
export const Progress = ({ detail, total, source, took }: ProgressProps) => {
  const agents = progressOf(detail)
  const waiting = agents.some(({ verdicts, planned }) => verdicts < planned)
  return (
    <p class="row muted status-line">
      <span role="status">{total === null ? 'reading …' : `${count(total)} rows`}</span>
      {source === '' ? null : <span>from {source}</span>}
      <span>{Math.round(took)} ms</span>
      <span class="grow" />
      {agents.map(({ agent, verdicts, planned }) => (
        <span key={agent}>
          {agent} {count(verdicts)}
          {verdicts < planned ? ` of ${count(planned)}` : ''}
        </span>
      ))}
      {waiting ? <span title={whyNotAll}>samples without a verdict are not listed yet</span> : null}
      {runs.value?.runs.find(({ id }) => id === detail.run.id)?.live === true ? (
        <Link to={{ view: 'folds' }}>folds are running</Link>
      ) : null}
    </p>
  )
}
