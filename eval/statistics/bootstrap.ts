import { quantiles, random } from '../../core/index.ts'
import { columnValue, fromSum, type MetricColumn } from './column.ts'

export interface BootstrapSettings {
  readonly seed: number
  /** Number of resamples. */
  readonly resamples: number
  /** 0.95 for a 95 % interval. */
  readonly confidence: number
}

export const defaultBootstrap: BootstrapSettings = { seed: 1, resamples: 1000, confidence: 0.95 }

export type Interval = readonly [low: number, high: number]

/**
 * The input of resampling: one row per video, with the sum of each column and then the number of samples under each
 * distinct mask (most columns count the same samples).
 */
interface Clusters {
  readonly videos: number
  readonly width: number
  readonly rows: Float64Array
  /** Index in a row of the count of each column. */
  readonly countAt: ReadonlyArray<number>
}

const cluster = (columns: ReadonlyArray<MetricColumn>, videos: ReadonlyArray<string>): Clusters => {
  const index = new Map<string, number>()
  const of = Uint32Array.from(videos, (video) => {
    const known = index.get(video)
    if (known !== undefined) return known
    index.set(video, index.size)
    return index.size - 1
  })
  const masks = [...new Set(columns.map(({ counted }) => counted))]
  const width = columns.length + masks.length
  const rows = new Float64Array(index.size * width)
  for (const [c, { values, counted }] of columns.entries())
    for (let i = 0; i < of.length; i++)
      if (counted === undefined || counted[i] !== 0) rows[of[i]! * width + c]! += values[i]!
  for (const [m, counted] of masks.entries())
    for (let i = 0; i < of.length; i++)
      if (counted === undefined || counted[i] !== 0) rows[of[i]! * width + columns.length + m]!++
  const countAt = columns.map(({ counted }) => columns.length + masks.indexOf(counted))
  return { videos: index.size, width, rows, countAt }
}

/** Videos of which some sample counts under any of these columns. */
const countedVideos = (
  { videos, width, rows, countAt }: Clusters,
  columns: ReadonlyArray<number>,
): number => {
  let counted = 0
  for (let v = 0; v < videos; v++) if (columns.some((c) => rows[v * width + countAt[c]!]! > 0)) counted++
  return counted
}

/** Each column's metric in each resample. Videos are drawn with replacement, all samples of a video together. */
const resampled = (
  columns: ReadonlyArray<MetricColumn>,
  { videos, width, rows, countAt }: Clusters,
  settings: BootstrapSettings,
): ReadonlyArray<Float64Array> => {
  const draw = random(settings.seed, 'bootstrap')
  const results = columns.map(() => new Float64Array(settings.resamples))
  const sums = new Float64Array(width)
  const times = new Uint16Array(videos)
  for (let r = 0; r < settings.resamples; r++) {
    // The draws are stored in a small array first, so that the large one is read in order.
    times.fill(0)
    for (let k = 0; k < videos; k++) times[Math.floor(draw.next() * videos)]!++
    sums.fill(0)
    for (let v = 0; v < videos; v++) {
      const time = times[v]!
      if (time === 0) continue
      for (let c = 0, at = v * width; c < width; c++, at++) sums[c] = sums[c]! + time * rows[at]!
    }
    for (let c = 0; c < columns.length; c++)
      results[c]![r] = fromSum(columns[c]!, sums[c]!, sums[countAt[c]!]!)
  }
  return results
}

/** The central interval of the finite values; NaN where none is finite. */
export const quantileInterval = (values: Float64Array, confidence: number): Interval => {
  const [low, high] = quantiles(values.filter(Number.isFinite), [(1 - confidence) / 2, (1 + confidence) / 2])
  return [low!, high!]
}

/**
 * Percentile bootstrap intervals of every column's metric. The unit of resampling is the video, because the queries
 * of one video are not independent.
 *
 * @param videos the video of each sample, in the order of the columns' values.
 */
export const bootstrap = (
  columns: ReadonlyArray<MetricColumn>,
  videos: ReadonlyArray<string>,
  settings: BootstrapSettings = defaultBootstrap,
): ReadonlyArray<Interval> =>
  resampled(columns, cluster(columns, videos), settings).map((values) =>
    quantileInterval(values, settings.confidence),
  )

export interface Comparison {
  readonly metric: string
  /** 100 for percent, 1 for plain numbers. */
  readonly scale: number
  readonly a: number
  readonly b: number
  /** b - a. */
  readonly difference: number
  readonly interval: Interval
  /**
   * Two-sided: twice the smaller of (1 + k) / (R + 1), at most 1, where k counts the resamples in which the difference
   * is at or beyond 0 on one side, of the R in which both runs have the metric (Davison and Hinkley 1997, section 4.2).
   * NaN if no comparison is possible: one side lacks the metric, or fewer than two videos count, so that every
   * resample is the same.
   */
  readonly p: number
}

const twoSided = (differences: Float64Array): number => {
  let below = 0
  let above = 0
  for (const difference of differences) {
    if (difference <= 0) below++
    if (difference >= 0) above++
  }
  return Math.min(1, (2 * (1 + Math.min(below, above))) / (differences.length + 1))
}

/**
 * Paired bootstrap of two runs over the same samples: the same videos are drawn for both in each resample.
 * Columns are matched by metric; those of one side only are left out.
 */
export const compare = (
  a: ReadonlyArray<MetricColumn>,
  b: ReadonlyArray<MetricColumn>,
  videos: ReadonlyArray<string>,
  settings: BootstrapSettings = defaultBootstrap,
): ReadonlyArray<Comparison> => {
  const pairs = a.flatMap((column) => {
    const other = b.find(({ metric }) => metric === column.metric)
    return other === undefined ? [] : [[column, other] as const]
  })
  const columns = pairs.flat()
  const clusters = cluster(columns, videos)
  const results = resampled(columns, clusters, settings)
  return pairs.map(([one, other], k) => {
    const first = results[2 * k]!
    const differences = results[2 * k + 1]!.map((value, r) => value - first[r]!).filter(Number.isFinite)
    const difference = columnValue(other) - columnValue(one)
    const comparable =
      Number.isFinite(difference) && differences.length > 0 && countedVideos(clusters, [2 * k, 2 * k + 1]) > 1
    return {
      metric: one.metric,
      scale: one.scale,
      a: columnValue(one),
      b: columnValue(other),
      difference,
      interval: quantileInterval(differences, settings.confidence),
      p: comparable ? twoSided(differences) : Number.NaN,
    }
  })
}
