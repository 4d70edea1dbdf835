import { ProblemNotice } from '../../parts/notice.tsx'
import { relationColumns, shownColumns, useDetail } from '../../state/detail.ts'
import { revision } from '../../state/live.ts'
import { place } from '../../state/place.ts'
import { useRows } from '../../state/rows.ts'
import { curation } from '../../state/runs.ts'
import { viewWith } from '../../state/view.ts'
import { FilterBar } from './filter-bar.tsx'
import { HistogramPanel } from './histogram-panel.tsx'
import { Progress } from './progress.tsx'
import { SampleTable } from './sample-table.tsx'

/** The table of samples: what it holds, filtered, sorted and counted. */
export const Samples = () => {
  const run = curation.value!
  const detail = useDetail()
  const columns = relationColumns(detail.data)
  const shown = shownColumns(columns, place.value.columns)
  const rows = useRows(run, viewWith(['key', ...shown]), revision(run, 'verdicts'))
  if (detail.problem !== null && detail.data === null) return <ProblemNotice problem={detail.problem} />
  return (
    <>
      <h1 class="unseen">Samples</h1>
      <FilterBar detail={detail.data} columns={columns} rows={rows} />
      {rows.problem === null ? null : <ProblemNotice problem={rows.problem} />}
      <HistogramPanel columns={columns} />
      <SampleTable rows={rows} shown={shown} columns={columns} />
      <Progress detail={detail.data} rows={rows} />
    </>
  )
}
