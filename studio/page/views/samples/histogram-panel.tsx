import type { Column, Histogram } from '../../../api/index.ts'
import { count, figure, words } from '../../logic/figures.ts'
import { path } from '../../state/api.ts'
import { useFetched } from '../../state/fetched.ts'
import { revision } from '../../state/live.ts'
import { go, place } from '../../state/place.ts'
import { curation } from '../../state/runs.ts'
import { viewText } from '../../state/view.ts'
import { HistogramBars } from './histogram-bars.tsx'

const bins = 60
const preferred = ['difficulty', 'score', 'mean_iou', 'duration']

const columnOf = (numeric: ReadonlyArray<Column>): string | undefined =>
  [place.value.histogram, ...preferred].find((name) => numeric.some((column) => column.name === name)) ??
  numeric[0]?.name

/** How a number column is spread over the rows; dragging over the bars filters by it. */
export const HistogramPanel = ({ columns }: { readonly columns: ReadonlyArray<Column> }) => {
  const numeric = columns.filter((column) => column.numeric)
  const column = columnOf(numeric)
  const run = curation.value ?? ''
  const address =
    column === undefined ? null : path(['runs', run, 'histogram'], { view: viewText.value, column, bins })
  const { data } = useFetched<Histogram>(address, revision(run, 'verdicts') + revision(run, 'decisions'))
  if (column === undefined) return null
  return (
    <section class="panel histogram" aria-label={`Histogram of ${words(column)}`}>
      <div class="about">
        <label>
          <span class="unseen">Histogram of</span>
          <select value={column} onChange={(event) => go({ histogram: event.currentTarget.value })}>
            {numeric.map(({ name }) => (
              <option key={name} value={name}>
                {words(name)}
              </option>
            ))}
          </select>
        </label>
        {data === null ? null : (
          <p class="muted">
            {count(data.counts.reduce((sum, each) => sum + each, 0))} rows
            {data.missing > 0 ? `, ${count(data.missing)} without a value` : ''}
          </p>
        )}
      </div>
      <figure class="grow">
        {data === null ? null : <HistogramBars data={data} />}
        <figcaption class="row muted">
          <span>{data === null || data.min === null ? '' : figure(data.min)}</span>
          <span class="grow hint">drag over the bars to filter</span>
          <span>{data === null || data.max === null ? '' : figure(data.max)}</span>
        </figcaption>
      </figure>
    </section>
  )
}
