import type { Json, Sample } from '../../core/index.ts'
import type { Predictions } from '../../tasks/index.ts'
import {
  type BootstrapSettings,
  bootstrap,
  defaultBootstrap,
  type Interval,
} from '../statistics/bootstrap.ts'
import { columnValue, type MetricColumn } from '../statistics/column.ts'
import type { Suite } from '../suite.ts'

/** The results of one evaluation. Numbers are not rounded. */
export interface Report {
  readonly suite: string
  readonly rule: string
  readonly n: number
  readonly videos: number
  /** Samples whose prediction is absent or could not be read; they count as wrong. */
  readonly unparsed: number
  /** Those of them without any prediction. */
  readonly missing: number
  /** Share of read predictions, in [0, 1]. */
  readonly parseRate: number
  readonly metrics: { readonly [metric: string]: number }
  /** Bootstrap intervals over videos, by metric. */
  readonly intervals: { readonly [metric: string]: Interval }
  /** The same metrics by type of sample. */
  readonly types: {
    readonly [type: string]: { readonly n: number; readonly metrics: { readonly [metric: string]: number } }
  }
  readonly headline: ReadonlyArray<string>
  /** Metrics that are not in percent: shares from 0 to 1, counts and errors. */
  readonly plain: ReadonlyArray<string>
}

/** A report with the raw values it was computed from, one a sample: for figures, files and comparisons. */
export interface Evaluation {
  readonly report: Report
  readonly columns: ReadonlyArray<MetricColumn>
  readonly videos: ReadonlyArray<string>
  readonly ids: ReadonlyArray<string>
  readonly ious: Float64Array | null
}

export interface EvaluationOptions {
  /** One of the suite's rules; its first by default. */
  readonly rule?: string
  /** Bootstrap settings; null for no intervals. */
  readonly bootstrap?: BootstrapSettings | null
}

const typeOf = (sample: Sample, key: string): string => {
  const value: Json | undefined = sample.meta?.[key]
  return value === undefined || value === null ? 'unknown' : String(value)
}

/** Scores predictions by a suite and summarises. Pure; the rule must be one of the suite's. */
export const evaluate = (
  suite: Suite,
  samples: ReadonlyArray<Sample>,
  predictions: Predictions,
  options: EvaluationOptions = {},
): Evaluation => {
  const rule = options.rule ?? suite.rules[0]
  if (!suite.rules.includes(rule)) throw new RangeError(`suite ${suite.name} has no rule ${rule}`)
  const { columns, extra, parsed, missing, ious } = suite.score(samples, predictions, rule)
  const videos = samples.map(({ video }) => video)
  const settings = options.bootstrap === undefined ? defaultBootstrap : options.bootstrap
  const intervals = settings === null ? [] : bootstrap(columns, videos, settings)
  const read = parsed.reduce((sum, value) => sum + value, 0)
  const byType = new Map<string, Array<number>>()
  if (suite.typeKey !== undefined)
    for (const [i, sample] of samples.entries()) {
      const type = typeOf(sample, suite.typeKey)
      const members = byType.get(type)
      if (members === undefined) byType.set(type, [i])
      else members.push(i)
    }
  const metricsOf = (indices?: ReadonlyArray<number>) =>
    Object.fromEntries(columns.map((column) => [column.metric, columnValue(column, indices)]))
  const report: Report = {
    suite: suite.name,
    rule,
    n: samples.length,
    videos: new Set(videos).size,
    unparsed: samples.length - read,
    missing,
    parseRate: samples.length === 0 ? 0 : read / samples.length,
    metrics: { ...metricsOf(), ...extra },
    intervals: Object.fromEntries(intervals.map((interval, c) => [columns[c]!.metric, interval])),
    types: Object.fromEntries(
      [...byType]
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([type, indices]) => [type, { n: indices.length, metrics: metricsOf(indices) }]),
    ),
    // Some metrics are absent under some rules, or if predictions lack a part.
    headline: suite.headline.filter((metric) => columns.some((column) => column.metric === metric)),
    plain: [
      ...columns.filter(({ scale }) => scale !== 100).map(({ metric }) => metric),
      ...Object.keys(extra ?? {}).filter((metric) => columns.every((column) => column.metric !== metric)),
    ],
  }
  return { report, columns, videos, ids: samples.map(({ id }) => id), ious: ious ?? null }
}
