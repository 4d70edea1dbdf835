import type { RunDetail } from '../../../api/index.ts'
import { count } from '../../logic/figures.ts'
import { Link } from '../../parts/link.tsx'
import type { Rows } from '../../state/rows.ts'

/** The line below the table: how many rows, from where, and what the agents have judged so far. */
export const Progress = ({ detail, rows }: { readonly detail: RunDetail; readonly rows: Rows }) => {
  const agents = Object.entries(
    detail.summary.reduce<{ [agent: string]: number }>((sums, { agent, verdicts }) => {
      sums[agent] = (sums[agent] ?? 0) + verdicts
      return sums
    }, {}),
  )
  return (
    <p class="row muted status-line">
      <span role="status">{rows.total === null ? 'reading …' : `${count(rows.total)} rows`}</span>
      {rows.source === '' ? null : <span>from {rows.source}</span>}
      <span>{Math.round(rows.took)} ms</span>
      <span class="grow" />
      {agents.map(([agent, verdicts]) => (
        <span key={agent}>
          {agent} {count(verdicts)}
        </span>
      ))}
      {detail.run.live ? <Link to={{ view: 'folds' }}>folds are running</Link> : null}
    </p>
  )
}
