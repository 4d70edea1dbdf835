import type { Column } from '../../../api/index.ts'
import { words } from '../../logic/figures.ts'
import { go, place } from '../../state/place.ts'

const directionOf = (name: string): 'ascending' | 'descending' | 'none' => {
  const sort = place.value.sort.find(({ column }) => column === name)
  return sort === undefined ? 'none' : sort.descending ? 'descending' : 'ascending'
}

const next = { none: [{ descending: true }], descending: [{ descending: false }], ascending: [] } as const

interface HeaderProps {
  readonly shown: ReadonlyArray<string>
  readonly columns: ReadonlyArray<Column>
  readonly tracks: string
}

/** Column names; a click sorts, largest first, then smallest first, then not at all. */
export const Header = ({ shown, columns, tracks }: HeaderProps) => (
  <div class="head" role="rowgroup">
    <div class="cells" role="row" style={{ gridTemplateColumns: tracks }}>
      {shown.map((name) => {
        const direction = directionOf(name)
        const column = columns.find((each) => each.name === name)
        return (
          <div key={name} role="columnheader" aria-sort={direction} class={column?.numeric ? 'number' : ''}>
            <button
              type="button"
              title={column?.comment}
              onClick={() => go({ sort: next[direction].map((sort) => ({ column: name, ...sort })) })}
            >
              {words(name)}
              <span aria-hidden="true">
                {direction === 'none' ? '' : direction === 'descending' ? '↓' : '↑'}
              </span>
            </button>
          </div>
        )
      })}
    </div>
  </div>
)
