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
  return (
    <>
      <FilterBar detail={detail} columns={columns} rows={rows} />
      {rows.problem === null ? null : <ProblemNotice problem={rows.problem} />}
      <HistogramPanel columns={columns} />
      <SampleTable rows={rows} shown={shown} columns={columns} />
      <Progress detail={detail} rows={rows} />
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
      {data === null ? <p class="empty">Reading the run …</p> : <Loaded run={data.run.id} detail={data} />}
    </>
  )
}
