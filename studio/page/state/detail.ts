import type { Column, RunDetail } from '../../api/index.ts'
import { path } from './api.ts'
import { type Fetched, useFetched } from './fetched.ts'
import { revision } from './live.ts'
import { place } from './place.ts'
import { curation } from './runs.ts'

/** What the curation holds: relations with their columns, counts, curated datasets. */
export const useDetail = (): Fetched<RunDetail> => {
  const run = curation.value
  return useFetched<RunDetail>(
    run === null ? null : path(['runs', run]),
    revision(run ?? '', 'curations') + revision(run ?? '', 'verdicts'),
  )
}

/** Columns of the relation that is shown. */
export const relationColumns = (detail: RunDetail | null): ReadonlyArray<Column> =>
  detail?.relations.find(({ name }) => name === place.value.relation)?.columns ?? []

const usual = [
  'sample',
  'query',
  'windows',
  'bra',
  'verdict',
  'score',
  'dea',
  'band',
  'difficulty',
  'mean_iou',
  'duration',
]
const bulky = new Set([
  'key',
  'settings',
  'part',
  'part_row',
  'extra',
  'file',
  'agent',
  'dataset',
  'split',
  'task',
])

/** The columns of the table: those chosen, else the usual ones. */
export const shownColumns = (
  columns: ReadonlyArray<Column>,
  chosen: ReadonlyArray<string>,
): ReadonlyArray<string> => {
  const there = new Set(columns.map(({ name }) => name))
  const known = chosen.filter((name) => there.has(name))
  if (known.length > 0) return known
  if (place.value.relation === 'samples') return usual.filter((name) => there.has(name))
  return columns.map(({ name }) => name).filter((name) => !bulky.has(name))
}
