import { useState } from 'preact/hooks'
import type { ExportFormat, Sql } from '../../../api/index.ts'
import { Menu } from '../../parts/menu.tsx'
import { get, path, Refused } from '../../state/api.ts'
import { place } from '../../state/place.ts'
import { curation } from '../../state/runs.ts'
import { viewWith } from '../../state/view.ts'

const formats: ReadonlyArray<readonly [format: ExportFormat, label: string]> = [
  ['parquet', 'Parquet'],
  ['csv', 'CSV'],
  ['jsonl', 'JSON lines'],
]

const CopySql = ({ run, view }: { readonly run: string; readonly view: string }) => {
  const [state, setState] = useState('')
  const copy = async () => {
    try {
      const { sql } = await get<Sql>(path(['runs', run, 'sql'], { view }))
      await navigator.clipboard.writeText(sql)
      setState('copied')
    } catch (cause) {
      setState(cause instanceof Refused ? cause.message : 'the browser did not allow it')
    }
  }
  return (
    <button type="button" onClick={copy}>
      Copy as SQL{' '}
      <span class="muted" role="status">
        {state}
      </span>
    </button>
  )
}

/** Every row of the view as a file, or the query behind it. */
export const ExportMenu = () => {
  const run = curation.value ?? ''
  const view = viewWith(place.value.columns)
  return (
    <Menu label="Export">
      {() => (
        <ul>
          {formats.map(([format, label]) => (
            <li key={format}>
              <a href={path(['runs', run, 'export'], { view, format })} download>
                {label}
              </a>
            </li>
          ))}
          <li>
            <CopySql run={run} view={view} />
          </li>
        </ul>
      )}
    </Menu>
  )
}
