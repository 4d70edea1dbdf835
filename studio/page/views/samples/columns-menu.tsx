import type { Column } from '../../../api/index.ts'
import { words } from '../../logic/figures.ts'
import { Menu } from '../../parts/menu.tsx'
import { shownColumns } from '../../state/detail.ts'
import { go, place } from '../../state/place.ts'

/** Which columns the table has. */
export const ColumnsMenu = ({ columns }: { readonly columns: ReadonlyArray<Column> }) => {
  const shown = shownColumns(columns, place.value.columns)
  const toggle = (name: string) => {
    const next = shown.includes(name) ? shown.filter((each) => each !== name) : [...shown, name]
    go({ columns: next })
  }
  return (
    <Menu label="Columns">
      {() => (
        <ul>
          <li>
            <button
              type="button"
              onClick={() => go({ columns: [] })}
              disabled={place.value.columns.length === 0}
            >
              The usual ones
            </button>
          </li>
          {columns.map(({ name, comment }) => (
            <li key={name}>
              <label title={comment}>
                <input type="checkbox" checked={shown.includes(name)} onChange={() => toggle(name)} />
                {words(name)}
              </label>
            </li>
          ))}
        </ul>
      )}
    </Menu>
  )
}
