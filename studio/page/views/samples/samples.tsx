import type { RunDetail } from '../../../api/index.ts'
import { ProblemNotice } from '../../parts/notice.tsx'
import { relationColumns, shownColumns, useDetail } from '../../state/detail.ts'
import { revision } from '../../state/live.ts'
import { place } from '../../state/place.ts'
import { useRows } from '../../state/rows.ts'
import { viewWith } from '../../state/view.ts'
import { FilterBar } from './filter-bar.tsx'
import { HistogramPanel } from './histogram-panel.tsx'
import { Progress } from './progress.tsx'
import { SampleTable } from './sample-table.tsx'

const Loaded = ({ run, detail }: { readonly run: string; readonly detail: RunDetail }) => {
  const columns = relationColumns(detail)
  const shown = shownColumns(columns, place.value.columns)
  // What reviewers decided is a column too.
  const revisions = revision(run, 'verdicts') + revision(run, 'decisions')
  const rows = useRows(run, viewWith(['key', ...shown]), revisions)
  // One object for all answers: a component that is given it alone would not hear of the next one.
  const { problem, total, source, took } = rows
  return (
    <>
      <FilterBar detail={detail} columns={columns} refused={problem !== null} />
      {problem === null ? null : <ProblemNotice problem={problem} />}
      <HistogramPanel columns={columns} />
      <SampleTable rows={rows} shown={shown} columns={columns} />
      <Progress detail={detail} total={total} source={source} took={took} />
    </>
  )
}

/** The table of samples: what it holds, filtered, sorted and counted. */
export const Samples = () => {
  const { data, problem } = useDetail()
  return (
    <>
      <h1 class="unseen">Samples</h1>
      {problem === null ? null : <ProblemNotice problem={problem} />}
      {data === null && problem === null ? <p class="empty">Reading the run …</p> : null}
      {data === null ? null : <Loaded run={data.run.id} detail={data} />}
    </>
  )
}
