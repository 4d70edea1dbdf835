import { computed } from '@preact/signals'
import { type Place, readPlace, writePlace } from '../logic/place.ts'
import { kept } from './kept.ts'

/** A view of the table under a name: filters, order, columns and histogram, as an address says them. */
export interface Saved {
  readonly name: string
  readonly query: string
}

const stored = kept('views')

const isSaved = (value: unknown): value is Saved =>
  typeof value === 'object' &&
  value !== null &&
  'name' in value &&
  'query' in value &&
  typeof value.name === 'string' &&
  typeof value.query === 'string'

const read = (text: string | null): ReadonlyArray<Saved> => {
  try {
    const parsed: unknown = JSON.parse(text ?? '[]')
    return Array.isArray(parsed) ? parsed.filter(isSaved) : []
  } catch {
    return []
  }
}

export const savedViews = computed(() => read(stored.value.value))

const parts = ({ relation, filters, where, sort, columns, histogram }: Place): Partial<Place> => ({
  relation,
  filters,
  where,
  sort,
  columns,
  histogram,
})

/** Keeps the view of a place under a name; a view of that name is replaced. */
export const saveView = (name: string, shown: Place): void => {
  const query = writePlace({ ...readPlace(''), ...parts(shown) })
  stored.keep(JSON.stringify([...savedViews.peek().filter((each) => each.name !== name), { name, query }]))
}

export const forgetView = (name: string): void =>
  stored.keep(JSON.stringify(savedViews.peek().filter((each) => each.name !== name)))

export const viewOf = ({ query }: Saved): Partial<Place> => parts(readPlace(query))
