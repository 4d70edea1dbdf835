import type { Filter } from '../../api/index.ts'

type Value = string | number | boolean | null

const isValue = (value: unknown): value is Value =>
  value === null || ['string', 'boolean'].includes(typeof value) || Number.isFinite(value)

const isBound = (value: unknown): value is number | null => value === null || Number.isFinite(value)

/** A filter from outside with exactly its own fields, or null. */
const readFilter = (value: unknown): Filter | null => {
  if (typeof value !== 'object' || value === null) return null
  const { op, column, min, max, values, text } = value as { readonly [field: string]: unknown }
  if (typeof column !== 'string') return null
  if (op === 'between' && isBound(min) && isBound(max)) return { op, column, min, max }
  if (op === 'in' && Array.isArray(values) && values.every(isValue)) return { op, column, values }
  if (op === 'contains' && typeof text === 'string') return { op, column, text }
  return null
}

/** Reads filters from JSON; those that are none are left out, null where it is no list at all. */
export const readFilters = (json: string): ReadonlyArray<Filter> | null => {
  try {
    const parsed: unknown = JSON.parse(json)
    return Array.isArray(parsed) ? parsed.map(readFilter).filter((filter) => filter !== null) : null
  } catch {
    return null
  }
}

/** Replaces the filter on a column, or takes it away. */
export const withFilter = (
  filters: ReadonlyArray<Filter>,
  column: string,
  filter: Filter | null,
): ReadonlyArray<Filter> => {
  const others = filters.filter((each) => each.column !== column)
  return filter === null ? others : [...others, filter]
}

const bound = (value: number): string => String(Number(value.toPrecision(4)))
const valueText = (value: Value): string => (value === null ? 'absent' : String(value))

/** A filter for people, e.g. `difficulty 0.3 to 0.7`. */
export const filterText = (filter: Filter): string => {
  switch (filter.op) {
    case 'contains':
      return `${filter.column} contains “${filter.text}”`
    case 'in':
      return `${filter.column} is ${filter.values.map(valueText).join(' or ') || 'nothing'}`
    case 'between': {
      const { column, min, max } = filter
      if (min === null) return max === null ? `${column} is anything` : `${column} ≤ ${bound(max)}`
      return max === null ? `${column} ≥ ${bound(min)}` : `${column} ${bound(min)} to ${bound(max)}`
    }
  }
}
