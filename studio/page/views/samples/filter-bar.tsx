import type { Column, RunDetail } from '../../../api/index.ts'
import { words } from '../../logic/figures.ts'
import { filterText, withFilter } from '../../logic/filters.ts'
import { go, place } from '../../state/place.ts'
import { ColumnsMenu } from './columns-menu.tsx'
import { ExportMenu } from './export-menu.tsx'
import { FilterMenu } from './filter-menu.tsx'
import { QueueButton } from './queue-button.tsx'
import { ViewsMenu } from './views-menu.tsx'
import { WhereForm } from './where-form.tsx'

const Relation = ({ detail }: { readonly detail: RunDetail }) => (
  <label>
    <span class="unseen">Rows of</span>
    <select
      value={place.value.relation}
      onChange={(event) =>
        go({ relation: event.currentTarget.value, columns: [], sort: [], filters: [], histogram: null })
      }
    >
      {detail.relations.map(({ name, comment }) => (
        <option key={name} value={name} title={comment}>
          {words(name)}
        </option>
      ))}
    </select>
  </label>
)

const Chips = () => (
  <>
    {place.value.filters.map((filter) => (
      <span class="chip" key={filter.column}>
        {filterText(filter)}
        <button
          type="button"
          aria-label={`Remove filter ${filterText(filter)}`}
          onClick={() => go({ filters: withFilter(place.value.filters, filter.column, null) })}
        >
          ✕
        </button>
      </span>
    ))}
  </>
)

interface FilterBarProps {
  readonly detail: RunDetail
  readonly columns: ReadonlyArray<Column>
  readonly refused: boolean
}

/** Everything that decides which rows are shown and how. */
export const FilterBar = ({ detail, columns, refused }: FilterBarProps) => (
  <search class="filter-bar">
    <div class="row">
      <Relation detail={detail} />
      <FilterMenu columns={columns} />
      <WhereForm refused={refused} />
      <QueueButton />
      <ColumnsMenu columns={columns} />
      <ViewsMenu />
      <ExportMenu />
    </div>
    {place.value.filters.length === 0 ? null : (
      <div class="row">
        <Chips />
        <button type="button" class="plain" onClick={() => go({ filters: [] })}>
          Clear
        </button>
      </div>
    )}
  </search>
)
