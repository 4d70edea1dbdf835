import type { ViewName } from '../logic/place.ts'
import { connected } from '../state/live.ts'
import { go, place } from '../state/place.ts'
import { curation, curations, evaluations, trainings } from '../state/runs.ts'
import { nextTheme, theme } from '../state/settings.ts'
import { openHelp } from './help.tsx'
import { Link } from './link.tsx'
import { ReviewerButton } from './reviewer-button.tsx'

const tabs: ReadonlyArray<readonly [view: ViewName, label: string]> = [
  ['samples', 'Samples'],
  ['evaluations', 'Evaluations'],
  ['training', 'Training'],
  ['rollouts', 'Rollouts'],
  ['folds', 'Folds'],
]

const RunPicker = () => (
  <label>
    <span class="unseen">Curation run</span>
    <select
      value={curation.value ?? ''}
      onChange={(event) =>
        go({
          run: event.currentTarget.value,
          sample: null,
          view: 'samples',
          filters: [],
          where: '',
          sort: [],
        })
      }
    >
      {curations.value.map(({ id, name }) => (
        <option key={id} value={id}>
          {name}
        </option>
      ))}
    </select>
  </label>
)

const isHere = (tab: ViewName): boolean =>
  place.value.view === tab || (place.value.view === 'sample' && tab === 'samples')

const counts = (view: ViewName): number | null =>
  view === 'evaluations' ? evaluations.value.length : view === 'training' ? trainings.value.length : null

/** The bar at the top: which run, which view, and what belongs to the whole page. */
export const Top = () => (
  <header class="top">
    <Link to={{ view: 'samples', sample: null }} class="brand">
      <img src="/icon.svg" alt="" />
      Spanwise studio
    </Link>
    {curations.value.length > 0 ? <RunPicker /> : null}
    <nav class="tabs" aria-label="Views">
      {tabs.map(([view, label]) => (
        <Link
          key={view}
          to={{ view, sample: null, queue: false, time: 0, zoom: null }}
          class="tab"
          current={isHere(view)}
        >
          {label}
          {counts(view) === null ? null : <span class="muted">&nbsp;{counts(view)}</span>}
        </Link>
      ))}
    </nav>
    <span class="grow" />
    <span class={`live ${connected.value ? 'on' : ''}`} role="status">
      {connected.value ? 'live' : 'not connected'}
    </span>
    <ReviewerButton />
    <button type="button" onClick={nextTheme} title="Light, dark, or as the system">
      {theme.value === 'system' ? 'Auto' : theme.value === 'dark' ? 'Dark' : 'Light'}
    </button>
    <button type="button" onClick={openHelp} title="Keyboard shortcuts">
      Keys <kbd>?</kbd>
    </button>
  </header>
)
