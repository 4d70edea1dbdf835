import { useState } from 'preact/hooks'
import type { Column, Filter, Values } from '../../../api/index.ts'
import { cellText, count, words } from '../../logic/figures.ts'
import { withFilter } from '../../logic/filters.ts'
import { Menu } from '../../parts/menu.tsx'
import { path } from '../../state/api.ts'
import { useFetched } from '../../state/fetched.ts'
import { go, place } from '../../state/place.ts'
import { curation } from '../../state/runs.ts'
import { viewText } from '../../state/view.ts'

const put = (column: string, filter: Filter | null) =>
  go({ filters: withFilter(place.value.filters, column, filter) })

const numberOf = (data: FormData, name: string): number | null => {
  const text = String(data.get(name) ?? '').trim()
  return text === '' || !Number.isFinite(Number(text)) ? null : Number(text)
}

const Between = ({ column, close }: { readonly column: string; readonly close: () => void }) => (
  <form
    class="row"
    onSubmit={(event) => {
      event.preventDefault()
      const data = new FormData(event.currentTarget)
      const [min, max] = [numberOf(data, 'min'), numberOf(data, 'max')]
      put(column, min === null && max === null ? null : { op: 'between', column, min, max })
      close()
    }}
  >
    <input name="min" class="short" inputMode="decimal" placeholder="least" aria-label="Least" />
    to
    <input name="max" class="short" inputMode="decimal" placeholder="most" aria-label="Most" />
    <button type="submit" class="main">
      Filter
    </button>
  </form>
)

const Contains = ({ column, close }: { readonly column: string; readonly close: () => void }) => (
  <form
    class="row"
    onSubmit={(event) => {
      event.preventDefault()
      const text = String(new FormData(event.currentTarget).get('text') ?? '')
      put(column, text === '' ? null : { op: 'contains', column, text })
      close()
    }}
  >
    <input name="text" class="grow" placeholder="contains …" aria-label="Text that it contains" />
    <button type="submit" class="main">
      Filter
    </button>
  </form>
)

type Scalar = string | number | boolean | null
const isScalar = (value: unknown): value is Scalar => value === null || typeof value !== 'object'

const OneOf = ({ column }: { readonly column: string }) => {
  const address = path(['runs', curation.value ?? '', 'values'], { view: viewText.value, column })
  const { data } = useFetched<Values>(address)
  const filter = place.value.filters.find((each) => each.column === column)
  const chosen = filter?.op === 'in' ? filter.values : []
  const toggle = (value: Scalar) => {
    const values = chosen.includes(value) ? chosen.filter((each) => each !== value) : [...chosen, value]
    put(column, values.length === 0 ? null : { op: 'in', column, values })
  }
  return (
    <ul>
      {(data?.values ?? [])
        .filter((each): each is { value: Scalar; count: number } => isScalar(each.value))
        .map(({ value, count: rows }) => (
          <li key={String(value)}>
            <label>
              <input type="checkbox" checked={chosen.includes(value)} onChange={() => toggle(value)} />
              <span class="grow">{value === null ? <em>absent</em> : cellText(value)}</span>
              <span class="muted">{count(rows)}</span>
            </label>
          </li>
        ))}
    </ul>
  )
}

const few = new Set([
  'bra',
  'dea',
  'verdict',
  'criterion',
  'band',
  'outcome',
  'reason',
  'dataset',
  'split',
  'task',
  'agent',
])

const ColumnFilter = ({ column, close }: { readonly column: Column; readonly close: () => void }) => (
  <div class="column-filter">
    <p class="muted">{column.comment}</p>
    {column.numeric ? (
      <Between column={column.name} close={close} />
    ) : few.has(column.name) ? null : (
      <Contains column={column.name} close={close} />
    )}
    {column.numeric ? null : <OneOf column={column.name} />}
  </div>
)

/** Filters by one field: a range of numbers, some of its values, or a text that it contains. */
export const FilterMenu = ({ columns }: { readonly columns: ReadonlyArray<Column> }) => {
  const [name, setName] = useState('')
  const able = columns.filter(({ type }) => !type.endsWith('[]'))
  const column =
    able.find((each) => each.name === name) ?? able.find((each) => each.name === 'band') ?? able[0]
  return (
    <Menu label="+ Filter" class="left">
      {(close) =>
        column === undefined ? (
          <p class="muted">no columns</p>
        ) : (
          <>
            <label class="row">
              Field
              <select
                class="grow"
                value={column.name}
                onChange={(event) => setName(event.currentTarget.value)}
              >
                {able.map((each) => (
                  <option key={each.name} value={each.name}>
                    {words(each.name)}
                  </option>
                ))}
              </select>
            </label>
            <ColumnFilter key={column.name} column={column} close={close} />
          </>
        )
      }
    </Menu>
  )
}
