import { useEffect, useRef } from 'preact/hooks'
import type { Comparison } from '../../../api/index.ts'
import { signed } from '../../logic/groups.ts'
import { MiniLane } from '../../parts/mini-lane.tsx'

type Row = Comparison['rows'][number]

const lengthOf = ({ windows, a, b }: Row): number =>
  Math.max(1, ...[...(windows ?? []), ...(a.windows ?? []), ...(b.windows ?? [])].map(([, end]) => end)) *
  1.05

interface CompareRowProps {
  readonly row: Row
  readonly current: boolean
  /** Opens the sample; null where no curation of it is listed. */
  readonly onOpen: (() => void) | null
}

/** One sample under both evaluations. */
export const CompareRow = ({ row, current, onOpen }: CompareRowProps) => {
  const ref = useRef<HTMLLIElement>(null)
  useEffect(() => {
    if (current) ref.current?.scrollIntoView({ block: 'nearest' })
  }, [current])
  const duration = lengthOf(row)
  return (
    <li ref={ref} class={current ? 'current' : ''} aria-current={current ? 'true' : undefined}>
      <div class="what">
        {onOpen === null ? (
          row.query
        ) : (
          <button type="button" class="plain" onClick={onOpen}>
            {row.query}
          </button>
        )}
        <span class="muted">{row.sample}</span>
      </div>
      <div class="lanes-of">
        <MiniLane windows={row.windows} duration={duration} look="true" />
        <MiniLane windows={row.a.windows} duration={duration} look="annotated" />
        <MiniLane windows={row.b.windows} duration={duration} look="prediction" />
      </div>
      <span class="mono">
        {row.a.iou.toFixed(2)} → {row.b.iou.toFixed(2)}
      </span>
      <strong class={row.change > 0 ? 'up' : row.change < 0 ? 'down' : 'muted'}>{signed(row.change)}</strong>
    </li>
  )
}
