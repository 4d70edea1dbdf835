import type { Json } from '../../core/index.ts'
import { unreadableShare } from '../../tasks/index.ts'
import { cutOffShare, type ReplyTally } from '../evaluator/replies.ts'
import type { ReportRow } from './markdown.ts'
import type { Report } from './report.ts'

/** JSON has neither NaN nor infinity: an undefined metric is null, an infinite error the text `Infinity`. */
const number = (value: number): Json =>
  Number.isFinite(value) ? value : Number.isNaN(value) ? null : String(value)

/** Metrics as JSON can hold them. */
export const numbers = (values: { readonly [name: string]: number }): { readonly [name: string]: Json } =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, number(value)]))

/**
 * One flat object: every metric at the top level under its name, unrounded, together with `suite`, `rule`, `n`,
 * `unparsed` and the rest of the report.
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

/** Counts of the outcomes of requests, and the shares of the replies that were cut off or could not be read. */
const tallyJson = ({ samples, share, unanswered }: ReplyTally): Json => ({
  samples,
  replied: share.replies,
  absent: unanswered.filter(({ outcome }) => outcome === 'absent').length,
  failed: unanswered.filter(({ outcome }) => outcome === 'failed').length,
  unreadable: unreadableShare(share),
  cutOff: cutOffShare(share),
  unanswered: unanswered.map((one) => ({ ...one })),
})

/** The run's object with the baselines' metrics under `baselines`. */
export const rowsJson = (
  rows: readonly [ReportRow, ...ReadonlyArray<ReportRow>],
): { readonly [key: string]: Json } => ({
  ...reportJson(rows[0].report),
  name: rows[0].name,
  ...(rows[0].tally === undefined ? {} : { replies: tallyJson(rows[0].tally) }),
  baselines: Object.fromEntries(rows.slice(1).map(({ name, report }) => [name, numbers(report.metrics)])),
})
