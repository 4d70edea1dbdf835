import type { Merged } from '../../reviews/index.ts'
import { identifier, literal } from '../../store/index.ts'
import type { Column, Filter, View } from '../api/index.ts'
import { Refusal, refusal } from '../server/refusal.ts'
import { numbered } from './numbers.ts'
import { reviewColumns, shownRelations } from './relations.ts'

/** A view as the clauses of a query. */
export interface Clauses {
  readonly from: string
  /** `WHERE ...`, or nothing. */
  readonly where: string
  /** `ORDER BY ...`, or nothing: the order of the part files. */
  readonly order: string
  /** Whether every row has a `number`. */
  readonly isNumbered: boolean
  /** The same order with the number instead of the key between equals, which is faster. */
  readonly numberedOrder: string
  /** Columns of the relation that the page asked for, `key` among them. */
  readonly columns: ReadonlyArray<Column>
}

const refuse = (problem: string) => refusal(400, `view: ${problem}`)

const value = (one: string | number | boolean): string =>
  typeof one === 'string' ? literal(one) : typeof one === 'number' ? String(one) : one ? 'TRUE' : 'FALSE'

const filterSql = (filter: Filter, columns: ReadonlyMap<string, Column>): string | Refusal => {
  const column = columns.get(filter.column)
  if (column === undefined) return refuse(`there is no column ${filter.column}`)
  const name = identifier(column.name)
  switch (filter.op) {
    case 'between': {
      if (!column.numeric) return refuse(`${column.name} is not a number`)
      const bounds = [
        ...(filter.min === null ? [] : [`${name} >= ${filter.min}`]),
        ...(filter.max === null ? [] : [`${name} <= ${filter.max}`]),
      ]
      return bounds.length === 0 ? 'TRUE' : bounds.join(' AND ')
    }
    case 'in': {
      const given = filter.values.filter((one) => one !== null)
      const parts = [
        ...(given.length === 0 ? [] : [`${name} IN (${given.map(value).join(', ')})`]),
        ...(given.length < filter.values.length ? [`${name} IS NULL`] : []),
      ]
      return parts.length === 0 ? 'FALSE' : `(${parts.join(' OR ')})`
    }
    case 'contains':
      return `contains(lower(${name}::VARCHAR), ${literal(filter.text.toLowerCase())})`
  }
}

const orderBy = (terms: ReadonlyArray<string>, last: string): string =>
  terms.length === 0 ? '' : `ORDER BY ${[...terms, last].join(', ')}`

const reviewNames = new Set(reviewColumns.map(({ name }) => name))

/** Whether rows or their order depend on what reviewers decided. */
const mentionsReviews = ({ relation, filters, sort, where }: View): boolean =>
  relation === 'samples' &&
  (filters.some(({ column }) => reviewNames.has(column)) ||
    sort.some(({ column }) => reviewNames.has(column)) ||
    /\breview(ers)?\b/i.test(where ?? ''))

/** The samples with the decisions about them, which are few, as columns. */
const withReviews = (reviews: ReadonlyArray<Merged>): string => {
  const rows = reviews.map(({ key, decision, reviewers }) => ({
    key,
    review: decision,
    reviewers: reviewers.length,
  }))
  return `(SELECT samples.*, review, reviewers FROM samples LEFT JOIN (
    SELECT unnest(from_json(${literal(JSON.stringify(rows))}, '[{"key":"VARCHAR","review":"VARCHAR","reviewers":"INTEGER"}]'), max_depth := 2)
  ) USING (key)) AS samples`
}

/**
 * The clauses of a view; a refusal where it names what is not there. Its `where` must have been checked. Values are
 * literals, so that the same text works in `spanwise query`.
 *
 * @param needed columns that the query itself must give, beside those that the view filters or sorts by
 */
export const clausesOf = (
  view: View,
  reviews: ReadonlyArray<Merged>,
  needed: ReadonlyArray<string> = [],
): Clauses | Refusal => {
  const relation = shownRelations.get(view.relation)
  if (relation === undefined) return refuse(`there is no table ${view.relation}`)
  const columns = new Map(relation.columns.map((column) => [column.name, column]))
  const conditions: Array<string> = []
  for (const filter of view.filters) {
    const sql = filterSql(filter, columns)
    if (sql instanceof Refusal) return sql
    conditions.push(sql)
  }
  if (view.where !== null) conditions.push(`(${view.where}\n)`)
  const terms: Array<string> = []
  for (const { column, descending } of view.sort) {
    if (!columns.has(column)) return refuse(`there is no column ${column}`)
    terms.push(`${identifier(column)} ${descending ? 'DESC' : 'ASC'} NULLS LAST`)
  }
  const chosen: Array<Column> = []
  for (const name of view.columns.length === 0 ? columns.keys() : new Set(['key', ...view.columns])) {
    const column = columns.get(name)
    if (column === undefined) return refuse(`there is no column ${name}`)
    chosen.push(column)
  }
  return {
    from:
      mentionsReviews(view) || (relation.name === 'samples' && needed.some((name) => reviewNames.has(name)))
        ? withReviews(reviews)
        : identifier(relation.name),
    where: conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`,
    order: orderBy(terms, identifier('key')),
    isNumbered: numbered.has(relation.name),
    numberedOrder: orderBy(terms, 'number'),
    columns: chosen,
  }
}

/** Columns that the database has; those of reviews are added to the rows of a page where the view does not need them. */
export const storedColumns = ({ columns, from }: Clauses): ReadonlyArray<Column> =>
  from.startsWith('(') ? columns : columns.filter(({ name }) => !reviewNames.has(name))
