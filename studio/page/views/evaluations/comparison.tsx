import type { Comparison as Answer } from '../../../api/index.ts'
import { count } from '../../logic/figures.ts'
import { signed } from '../../logic/groups.ts'
import { ProblemNotice } from '../../parts/notice.tsx'
import { path } from '../../state/api.ts'
import { useCommands } from '../../state/commands.ts'
import { useFetched } from '../../state/fetched.ts'
import { revision } from '../../state/live.ts'
import { adjust, go, place } from '../../state/place.ts'
import { nameOf } from '../../state/runs.ts'
import { Bins } from './bins.tsx'
import { CompareRow } from './compare-row.tsx'

const Changes = ({ data }: { readonly data: Answer }) => (
  <table class="small">
    <caption class="unseen">Change from A to B</caption>
    <thead>
      <tr>
        <th scope="col">metric</th>
        <th scope="col">A</th>
        <th scope="col">B</th>
        <th scope="col">change</th>
        <th scope="col">95 % interval</th>
      </tr>
    </thead>
    <tbody>
      {data.metrics.map(({ name, a, b, change, interval }) => (
        <tr key={name}>
          <th scope="row">{name}</th>
          <td>{a.toFixed(2)}</td>
          <td>{b.toFixed(2)}</td>
          <td class={change > 0 ? 'up' : change < 0 ? 'down' : ''}>{signed(change)}</td>
          <td class="muted">
            {interval === null ? '–' : `${signed(interval[0])} to ${signed(interval[1])}`}
          </td>
        </tr>
      ))}
    </tbody>
  </table>
)

/** Rows that are drawn at once; the next ones come with the selection. */
const block = 60

/** Two evaluations of the same samples: what changed, where, and the samples by their change. */
export const Comparison = ({ a, b }: { readonly a: string; readonly b: string }) => {
  const { data, problem } = useFetched<Answer>(
    path(['compare'], { a, b }),
    revision(a, 'evaluation') + revision(b, 'evaluation'),
  )
  const { gains, row } = place.value
  const ordered = data === null ? [] : gains ? data.rows.toReversed() : data.rows
  const at = Math.max(
    0,
    ordered.findIndex(({ sample }) => sample === row),
  )
  const select = (index: number) => adjust({ row: ordered[index]?.sample ?? row })
  useCommands({ 'next-sample': () => select(at + 1), 'previous-sample': () => select(at - 1) })
  if (problem !== null) return <ProblemNotice problem={problem} />
  if (data === null) return <p class="empty">Comparing …</p>
  const from = Math.max(0, at - block / 2)
  return (
    <section class="panel comparison" aria-label="Comparison">
      <h2>
        A {nameOf(a)} against B {nameOf(b)}{' '}
        <span class="muted">
          {count(data.samples)} samples{data.leftOut > 0 ? `, ${count(data.leftOut)} left out` : ''}
        </span>
      </h2>
      <div class="compare-top">
        <Changes data={data} />
        <Bins title="Mean IoU by length of the annotated time" bins={data.byLength} />
        <Bins title="Mean IoU by position in the video" bins={data.byPosition} />
      </div>
      <div class="row">
        <button type="button" aria-pressed={!gains} onClick={() => adjust({ gains: false, row: null })}>
          Losses first
        </button>
        <button type="button" aria-pressed={gains} onClick={() => adjust({ gains: true, row: null })}>
          Gains first
        </button>
        <span class="muted">
          <kbd>N</kbd> next, <kbd>P</kbd> previous
        </span>
      </div>
      <ol class="compare-rows" start={from + 1}>
        {ordered.slice(from, from + block).map((row, i) => (
          <CompareRow
            key={row.sample}
            row={row}
            current={from + i === at}
            onOpen={
              row.at === null
                ? null
                : () =>
                    row.at && go({ view: 'sample', run: row.at.run, sample: row.at.key, time: 0, zoom: null })
            }
          />
        ))}
      </ol>
    </section>
  )
}
