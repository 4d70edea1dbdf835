import type { Cell } from '../../../api/index.ts'
import { cellText } from '../../logic/figures.ts'
import type { Rows } from '../../state/rows.ts'

interface TableRowProps {
  readonly index: number
  readonly rows: Rows
  readonly shown: ReadonlyArray<string>
  readonly tracks: string
  readonly current: boolean
  readonly onChoose: () => void
}

const tones: { readonly [value: string]: string } = {
  kept: 'good',
  complete: 'good',
  easy: 'good',
  medium: 'warn',
  uncertain: 'warn',
  partial: 'bad',
  dropped: 'bad',
  failed: 'bad',
  hard: 'bad',
}
const toned = new Set(['bra', 'dea', 'verdict', 'band', 'outcome'])
const shares = new Set(['score', 'difficulty', 'mean_iou', 'max_iou', 'greedy_iou', 'prior_iou', 'pass_rate'])

const Value = ({ name, cell }: { readonly name: string; readonly cell: Cell }) => {
  const text = cellText(cell)
  if (typeof cell === 'string' && toned.has(name))
    return <span class={`badge ${tones[cell] ?? ''}`}>{text}</span>
  if (typeof cell === 'number' && shares.has(name))
    return (
      <>
        <span class="share" style={{ width: `${Math.min(Math.max(0, cell), 1) * 100}%` }} />
        {text}
      </>
    )
  return <>{text}</>
}

/** One row of the table; grey until its page is read. */
export const TableRow = ({ index, rows, shown, tracks, current, onChoose }: TableRowProps) => {
  const waiting = rows.row(index) === null
  return (
    <div
      id={`row-${index}`}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={current}
      class={`cells ${waiting ? 'waiting' : ''}`}
      style={{ gridTemplateColumns: tracks }}
      onClick={onChoose}
    >
      {shown.map((name) => {
        const cell = rows.cell(index, name)
        return (
          <div
            key={name}
            role="gridcell"
            class={typeof cell === 'number' ? 'number' : ''}
            title={cellText(cell)}
          >
            <Value name={name} cell={cell} />
          </div>
        )
      })}
    </div>
  )
}
