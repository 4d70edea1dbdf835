import type { Json } from '../../core/index.ts'
import type { Row } from './markdown.ts'
import type { Report } from './report.ts'

/** JSON has neither NaN nor infinity: a metric of nothing is null, an infinite error the text `Infinity`. */
const number = (value: number): Json =>
  Number.isFinite(value) ? value : Number.isNaN(value) ? null : String(value)

const numbers = (values: { readonly [name: string]: number }): { readonly [name: string]: Json } =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, number(value)]))

/**
 * One flat object: every metric at the top level under its name, unrounded, beside `suite`, `rule`, `n`, `unparsed`
 * and the rest of the report.
 */
export const reportJson = (report: Report): { readonly [key: string]: Json } => ({
  suite: report.suite,
  rule: report.rule,
  n: report.n,
  videos: report.videos,
  unparsed: report.unparsed,
  missing: report.missing,
  parseRate: report.parseRate,
  ...numbers(report.metrics),
  intervals: Object.fromEntries(
    Object.entries(report.intervals).map(([metric, [low, high]]) => [metric, [number(low), number(high)]]),
  ),
  types: Object.fromEntries(
    Object.entries(report.types).map(([type, { n, metrics }]) => [type, { n, ...numbers(metrics) }]),
  ),
})

/** The run's object with the baselines' metrics under `baselines`. */
export const rowsJson = (rows: readonly [Row, ...ReadonlyArray<Row>]): { readonly [key: string]: Json } => ({
  ...reportJson(rows[0].report),
  name: rows[0].name,
  baselines: Object.fromEntries(rows.slice(1).map(({ name, report }) => [name, numbers(report.metrics)])),
})
