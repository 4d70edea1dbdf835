/** Arithmetic mean; 0 for an empty list. */
export const mean = (values: ArrayLike<number>): number => {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += values[i]!
  return values.length === 0 ? 0 : sum / values.length
}

const squaredDeviations = (values: ArrayLike<number>): number => {
  const centre = mean(values)
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += (values[i]! - centre) ** 2
  return sum
}

/** Sample standard deviation (divided by n - 1); 0 for fewer than two values. */
export const deviation = (values: ArrayLike<number>): number =>
  values.length < 2 ? 0 : Math.sqrt(squaredDeviations(values) / (values.length - 1))

/** Population standard deviation (divided by n); 0 for an empty list. */
export const populationDeviation = (values: ArrayLike<number>): number =>
  values.length === 0 ? 0 : Math.sqrt(squaredDeviations(values) / values.length)

/**
 * Quantiles by linear interpolation between order statistics, as NumPy's default; NaN for an empty list.
 *
 * @param values finite numbers in any order.
 * @param shares each in [0, 1]; 0.5 is the median.
 */
export const quantiles = (
  values: ArrayLike<number>,
  shares: ReadonlyArray<number>,
): ReadonlyArray<number> => {
  const sorted = Float64Array.from(values).sort()
  return shares.map((share) => {
    if (sorted.length === 0) return Number.NaN
    const place = share * (sorted.length - 1)
    const low = Math.floor(place)
    const high = Math.min(low + 1, sorted.length - 1)
    return sorted[low]! + (place - low) * (sorted[high]! - sorted[low]!)
  })
}

/**
 * The least and the greatest value; infinite ones for an empty list. Of a list as long as a data set: spread into
 * `Math.max`, 130,000 values overflow the stack.
 */
export const extent = (values: ReadonlyArray<number>): readonly [least: number, greatest: number] => {
  let [least, greatest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const value of values) {
    if (value < least) least = value
    if (value > greatest) greatest = value
  }
  return [least, greatest]
}

/** At most `count` items of a list, evenly spread over it, in its order. */
export const spreadOver = <A>(list: ReadonlyArray<A>, count: number): ReadonlyArray<A> => {
  const size = Math.min(count, list.length)
  return Array.from({ length: size }, (_, i) => list[Math.floor((i * list.length) / size)]!)
}
