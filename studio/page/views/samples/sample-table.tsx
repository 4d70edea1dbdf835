import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { Column } from '../../../api/index.ts'
import { barHeight, follow, type List, type Scrolled, showRow, visibleRows } from '../../logic/virtual.ts'
import { useCommands } from '../../state/commands.ts'
import { go, place } from '../../state/place.ts'
import type { Rows } from '../../state/rows.ts'
import { curation } from '../../state/runs.ts'
import { viewText } from '../../state/view.ts'
import { Header } from './header.tsx'
import { TableRow } from './table-row.tsx'
import { tracksOf } from './tracks.ts'

const height = 32
const home: Scrolled = { bar: 0, top: 0 }

interface SampleTableProps {
  readonly rows: Rows
  readonly shown: ReadonlyArray<string>
  readonly columns: ReadonlyArray<Column>
}

const openSample = (rows: Rows, row: number) => {
  const key = rows.cell(row, 'key')
  if (typeof key === 'string') go({ view: 'sample', sample: key, queue: false, time: 0, zoom: null })
}

const emptyText = (): string => {
  const { filters, where, relation } = place.value
  if (filters.length > 0 || where !== '') return 'No row meets the filters.'
  return relation === 'samples'
    ? 'No sample yet: one is listed, and can be reviewed, once an agent has written its verdict.'
    : 'No row yet.'
}

/** The rows of the view. Only those in the window are drawn, however many there are. */
export const SampleTable = ({ rows, shown, columns }: SampleTableProps) => {
  const ref = useRef<HTMLDivElement>(null)
  const [view, setView] = useState(400)
  const [at, setAt] = useState(home)
  const [current, setCurrent] = useState(0)
  const total = rows.total ?? 0
  const list: List = { rows: total, height, view }
  const [from, to] = visibleRows(list, at)
  const tracks = tracksOf(shown, columns)

  useEffect(() => rows.need(from, to))
  useLayoutEffect(() => {
    const box = ref.current!
    const observer = new ResizeObserver(() => setView(Math.max(height, box.clientHeight - height)))
    observer.observe(box)
    return () => observer.disconnect()
  }, [])
  useLayoutEffect(() => {
    setAt(home)
    setCurrent(0)
    ref.current!.scrollTop = 0
  }, [curation.value, viewText.value])

  const move = (scrolled: Scrolled) => {
    setAt(scrolled)
    ref.current!.scrollTop = scrolled.bar
  }
  const select = (row: number) => {
    const inside = Math.min(Math.max(0, row), Math.max(0, total - 1))
    setCurrent(inside)
    move(showRow(list, at, inside))
  }
  useCommands({ 'next-sample': () => select(current + 1), 'previous-sample': () => select(current - 1) })

  const page = Math.max(1, Math.floor(view / height) - 1)
  const keys: { readonly [key: string]: () => void } = {
    ArrowDown: () => select(current + 1),
    ArrowUp: () => select(current - 1),
    PageDown: () => select(current + page),
    PageUp: () => select(current - page),
    Home: () => select(0),
    End: () => select(total - 1),
    Enter: () => openSample(rows, current),
  }
  return (
    <div
      ref={ref}
      class="panel table"
      role="grid"
      aria-label="Samples"
      aria-rowcount={total + 1}
      aria-activedescendant={total === 0 ? undefined : `row-${current}`}
      tabIndex={0}
      onScroll={(event) => {
        const bar = event.currentTarget.scrollTop
        if (Math.abs(bar - at.bar) >= 1) setAt(follow(list, at, bar))
      }}
      onKeyDown={(event) => {
        const act = event.target === event.currentTarget ? keys[event.key] : undefined
        if (act === undefined || event.ctrlKey || event.metaKey || event.altKey) return
        event.preventDefault()
        act()
      }}
    >
      <div class="table-body" style={{ height: `${barHeight(list) + height}px`, minWidth: tracks.minWidth }}>
        <Header shown={shown} columns={columns} tracks={tracks.gridTemplateColumns} />
        <div
          class="rows"
          role="rowgroup"
          style={{ transform: `translateY(${at.bar - at.top + from * height}px)` }}
        >
          {Array.from({ length: Math.max(0, to - from) }, (_, i) => (
            <TableRow
              key={from + i}
              index={from + i}
              rows={rows}
              shown={shown}
              tracks={tracks.gridTemplateColumns}
              current={from + i === current}
              onChoose={() => {
                setCurrent(from + i)
                openSample(rows, from + i)
              }}
            />
          ))}
          {total === 0 && rows.total !== null ? <p class="empty">{emptyText()}</p> : null}
        </div>
      </div>
    </div>
  )
}
