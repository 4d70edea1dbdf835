/**
 * A metric as the values it is the mean of, one per sample. Because every metric of the suites is such a mean (or its
 * square root), per-type tables, bootstrap intervals and paired comparisons are generic.
 */
export interface MetricColumn {
  readonly metric: string
  /** One value for each sample, in the order of the samples. */
  readonly values: Float64Array
  /** 0 where the sample is not part of the mean; absent where all are. */
  readonly counted?: Uint8Array
  /** 100 for percent, 1 for plain numbers. */
  readonly scale: number
  /** The metric is the square root of the mean. */
  readonly root?: boolean
}

/** The metric's value from a sum over `count` samples; NaN if nothing is counted. */
export const fromSum = (column: MetricColumn, sum: number, count: number): number => {
  if (count === 0) return Number.NaN
  const mean = sum / count
  return column.scale * (column.root === true ? Math.sqrt(mean) : mean)
}

/** The metric over all samples, or over those at `indices`. */
export const columnValue = (column: MetricColumn, indices?: ArrayLike<number>): number => {
  const { values, counted } = column
  const n = indices?.length ?? values.length
  let sum = 0
  let count = 0
  for (let k = 0; k < n; k++) {
    const i = indices === undefined ? k : indices[k]!
    if (counted !== undefined && counted[i] === 0) continue
    sum += values[i]!
    count++
  }
  return fromSum(column, sum, count)
}
