import type { Filter, Histogram } from '../../api/index.ts'

/** Bins that a brush from `a` to `b` touches, as shares of the width: the filter has the borders of whole bins. */
export const brushed = ({ column, min, max, counts }: Histogram, a: number, b: number): Filter | null => {
  if (min === null || max === null || counts.length === 0 || !(max > min)) return null
  const inside = (share: number) => Math.min(Math.max(0, share), 1)
  const first = Math.min(Math.floor(inside(Math.min(a, b)) * counts.length), counts.length - 1)
  const last = Math.max(Math.ceil(inside(Math.max(a, b)) * counts.length), first + 1)
  const border = (bin: number) => Number((min + ((max - min) * bin) / counts.length).toPrecision(12))
  return {
    op: 'between',
    column,
    min: first === 0 ? null : border(first),
    max: last >= counts.length ? null : border(last),
  }
}

/** The shares of the width that a filter covers; null where there is none on the column. */
export const brushOf = (
  { column, min, max }: Pick<Histogram, 'column' | 'min' | 'max'>,
  filters: ReadonlyArray<Filter>,
): readonly [from: number, to: number] | null => {
  const filter = filters.find((each) => each.column === column)
  if (filter?.op !== 'between' || min === null || max === null || !(max > min)) return null
  const share = (value: number) => Math.min(Math.max(0, (value - min) / (max - min)), 1)
  return [filter.min === null ? 0 : share(filter.min), filter.max === null ? 1 : share(filter.max)]
}
