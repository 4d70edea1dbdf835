import type { Window } from '../../../core/index.ts'
import type { Filter } from '../../api/index.ts'
import { readFilters } from './filters.ts'

export const views = ['samples', 'sample', 'evaluations', 'training', 'rollouts', 'folds'] as const
export type ViewName = (typeof views)[number]

export const panels = ['review', 'replies'] as const
export type Panel = (typeof panels)[number]

export interface Sort {
  readonly column: string
  readonly descending: boolean
}

/** Everything that the page shows, and so everything that its address says. */
export interface Place {
  readonly view: ViewName
  /** The curation whose samples and folds are shown; null for the one that the server suggests. */
  readonly run: string | null
  readonly relation: string
  readonly filters: ReadonlyArray<Filter>
  /** SQL after WHERE, empty for none. */
  readonly where: string
  readonly sort: ReadonlyArray<Sort>
  /** Columns of the table in order; empty for the usual ones. */
  readonly columns: ReadonlyArray<string>
  /** Column of the histogram. */
  readonly histogram: string | null
  /** Key of the open sample. */
  readonly sample: string | null
  /** Whether the next sample is the most uncertain one that is undecided, and not the next row of the table. */
  readonly queue: boolean
  /** What is beside the video. */
  readonly panel: Panel
  /** Playhead, seconds. */
  readonly time: number
  /** Range of the time line in seconds; null for the whole video. */
  readonly zoom: Window | null
  /** A training run: for rollouts, and for the frames that it masks. */
  readonly training: string | null
  readonly step: number | null
  /** Training runs whose curves are drawn; empty for the newest. */
  readonly runs: ReadonlyArray<string>
  /** Two evaluations that are compared. */
  readonly a: string | null
  readonly b: string | null
  /** Whether samples that gained come before those that lost. */
  readonly gains: boolean
  /** The sample that is selected among them. */
  readonly row: string | null
}

export const home: Place = {
  view: 'samples',
  run: null,
  relation: 'samples',
  filters: [],
  where: '',
  sort: [],
  columns: [],
  histogram: null,
  sample: null,
  queue: false,
  panel: 'review',
  time: 0,
  zoom: null,
  training: null,
  step: null,
  runs: [],
  a: null,
  b: null,
  gains: false,
  row: null,
}

/** One parameter of the address; `write` says null for what is left out, `read` for what cannot be read. */
interface Codec<A> {
  readonly name: string
  readonly write: (value: A) => string | null
  readonly read: (text: string) => A | null
}

const text = (name: string): Codec<string | null> => ({
  name,
  write: (value) => value,
  read: (found) => found,
})

const flag = (name: string): Codec<boolean> => ({
  name,
  write: (value) => (value ? '1' : null),
  read: (found) => found === '1',
})

const number = (found: string): number | null =>
  found.trim() === '' || !Number.isFinite(Number(found)) ? null : Number(found)

/** Names in one parameter: commas divide them, and a backslash takes away their meaning. */
const names = (name: string): Codec<ReadonlyArray<string>> => ({
  name,
  write: (value) =>
    value.length === 0 ? null : value.map((each) => each.replace(/[\\,]/g, '\\$&')).join(','),
  read: (found) =>
    [...found.matchAll(/(?:^|,)((?:\\[\s\S]|[^\\,])*)/g)].map((match) =>
      match[1]!.replace(/\\([\s\S])/g, '$1'),
    ),
})

const whole = (found: string): number | null => {
  const value = number(found)
  return value !== null && Number.isInteger(value) && value >= 0 ? value : null
}

const codecs: { readonly [Field in keyof Place]: Codec<Place[Field]> } = {
  view: {
    name: 'view',
    write: (value) => (value === home.view ? null : value),
    read: (found) => views.find((view) => view === found) ?? null,
  },
  run: text('run'),
  relation: {
    name: 'relation',
    write: (value) => (value === home.relation ? null : value),
    read: (found) => found,
  },
  filters: {
    name: 'filters',
    write: (value) => (value.length === 0 ? null : JSON.stringify(value)),
    read: readFilters,
  },
  where: { name: 'where', write: (value) => (value === '' ? null : value), read: (found) => found },
  sort: {
    name: 'sort',
    write: (value) =>
      names('').write(value.map(({ column, descending }) => `${descending ? '-' : '+'}${column}`)),
    read: (found) =>
      names('')
        .read(found)!
        .filter((each) => /^[+-]/.test(each))
        .map((each) => ({ column: each.slice(1), descending: each.startsWith('-') })),
  },
  columns: names('columns'),
  histogram: text('histogram'),
  sample: text('sample'),
  queue: flag('queue'),
  panel: {
    name: 'panel',
    write: (value) => (value === home.panel ? null : value),
    read: (found) => panels.find((panel) => panel === found) ?? null,
  },
  time: {
    name: 't',
    write: (value) => (value === 0 ? null : String(value)),
    read: (found) => {
      const value = number(found)
      return value !== null && value >= 0 ? value : null
    },
  },
  zoom: {
    name: 'zoom',
    write: (value) => (value === null ? null : `${value[0]}..${value[1]}`),
    read: (found) => {
      const [from, to, ...rest] = found.split('..').map(number)
      const valid = typeof from === 'number' && typeof to === 'number' && rest.length === 0
      return valid && from >= 0 && to > from ? [from, to] : null
    },
  },
  training: text('training'),
  step: { name: 'step', write: (value) => (value === null ? null : String(value)), read: whole },
  runs: names('runs'),
  a: text('a'),
  b: text('b'),
  gains: flag('gains'),
  row: text('row'),
}

const fields = Object.keys(codecs) as ReadonlyArray<keyof Place>

/** The query of the address, without `?`; empty for the home place. */
export const writePlace = (place: Place): string => {
  const query = new URLSearchParams()
  const put = <Field extends keyof Place>(field: Field) => {
    const written = codecs[field].write(place[field])
    if (written !== null) query.set(field === 'sort' ? 'sort' : codecs[field].name, written)
  }
  for (const field of fields) put(field)
  return query.toString()
}

/** Reads the query of an address. What is missing or cannot be read is as in the home place: no link is refused. */
export const readPlace = (search: string): Place => {
  const query = new URLSearchParams(search)
  const place: { [Field in keyof Place]: Place[Field] } = { ...home }
  const take = <Field extends keyof Place>(field: Field) => {
    const found = query.get(field === 'sort' ? 'sort' : codecs[field].name)
    const value = found === null ? null : codecs[field].read(found)
    if (value !== null) place[field] = value as Place[Field]
  }
  for (const field of fields) take(field)
  return place
}
