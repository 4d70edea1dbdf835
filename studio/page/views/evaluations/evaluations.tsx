import type { Evaluations as Answer } from '../../../api/index.ts'
import { Empty, ProblemNotice } from '../../parts/notice.tsx'
import { path } from '../../state/api.ts'
import { useFetched } from '../../state/fetched.ts'
import { revision } from '../../state/live.ts'
import { place } from '../../state/place.ts'
import { evaluations } from '../../state/runs.ts'
import { Comparison } from './comparison.tsx'
import { SuiteTable } from './suite-table.tsx'

/** Every evaluation beside the others, and two of them against each other. */
export const Evaluations = () => {
  const revisions = evaluations.value.reduce(
    (sum, { id }) => sum + revision(id, 'evaluation'),
    evaluations.value.length,
  )
  const { data, problem } = useFetched<Answer>(path(['evaluations']), revisions)
  const suites = [...new Set(data?.evaluations.map(({ suite }) => suite))]
  const { a, b } = place.value
  return (
    <>
      <h1 class="unseen">Evaluations</h1>
      {problem === null ? null : <ProblemNotice problem={problem} />}
      {(data?.damaged ?? []).map((name) => (
        <div key={name} class="notice bad" role="alert">
          <strong>The report of {name} cannot be read.</strong>
          <p class="muted">Run its evaluation again, or delete its report.json.</p>
        </div>
      ))}
      {data !== null && suites.length === 0 ? (
        <Empty title="No evaluations here yet">
          <code>spanwise eval</code> writes one for each model and benchmark.
        </Empty>
      ) : null}
      {suites.map((suite) => (
        <SuiteTable
          key={suite}
          suite={suite}
          evaluations={data?.evaluations.filter((each) => each.suite === suite) ?? []}
        />
      ))}
      {a !== null && b !== null && a !== b ? <Comparison a={a} b={b} /> : null}
      {suites.length > 0 && (a === null || b === null || a === b) ? (
        <p class="muted">Choose an A and a B to compare two evaluations sample by sample.</p>
      ) : null}
    </>
  )
}
