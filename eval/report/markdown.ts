import { unreadableShare } from '../../tasks/index.ts'
import { cutOffShare, type ReplyTally } from '../evaluator/replies.ts'
import type { Comparison } from '../statistics/bootstrap.ts'
import type { Report } from './report.ts'

/** One row of a results table: a run or a baseline. */
export interface ReportRow {
  readonly name: string
  readonly report: Report
  /** Outcomes of the requests, if a model was queried. */
  readonly tally?: ReplyTally
}

/** Decimals of a metric as displayed: two in percent, four of shares, counts and errors. */
const decimals = (percent: boolean): number => (percent ? 2 : 4)

/** A metric as displayed, with its {@link decimals}. */
export const formatMetric = (report: Report, metric: string, value = report.metrics[metric]): string => {
  if (value === undefined || Number.isNaN(value)) return '-'
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf'
  return value.toFixed(decimals(!report.plain.includes(metric)))
}

/** A text as a cell of a Markdown table. */
export const escapeCell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ')

/** A Markdown table; its first column is left-aligned. */
export const markdownTable = (
  head: ReadonlyArray<string>,
  rows: ReadonlyArray<ReadonlyArray<string>>,
): string =>
  [head, head.map((_, i) => (i === 0 ? '---' : '---:')), ...rows]
    .map((cells) => `| ${cells.map(escapeCell).join(' | ')} |`)
    .join('\n')

const withInterval = (report: Report, metric: string): string => {
  const interval = report.intervals[metric]
  const value = formatMetric(report, metric)
  if (interval === undefined || value === '-') return value
  const [low, high] = interval.map((end) => formatMetric(report, metric, end))
  return low === '-' || high === '-' ? value : `${value} [${low}, ${high}]`
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`

/**
 * The headline metrics of several rows, each with its interval, and the share of parsed answers. For a
 * model, the shares of its replies that could not be read, and that were cut off before an answer, follow.
 */
const headlineTable = (rows: ReadonlyArray<ReportRow>): string => {
  const metrics = rows[0]?.report.headline ?? []
  const asked = rows.some(({ tally }) => tally !== undefined)
  return markdownTable(
    ['', ...metrics, 'parsed', ...(asked ? ['unreadable', 'cut off'] : [])],
    rows.map(({ name, report, tally }) => [
      name,
      ...metrics.map((metric) => withInterval(report, metric)),
      percent(report.parseRate),
      ...(tally === undefined
        ? asked
          ? ['-', '-']
          : []
        : [percent(unreadableShare(tally.share)), percent(cutOffShare(tally.share))]),
    ]),
  )
}

/** The headline metrics by type of sample; empty where the suite has no types. */
const typeTable = (report: Report): string => {
  const types = Object.entries(report.types)
  if (types.length === 0) return ''
  return markdownTable(
    ['type', 'n', ...report.headline],
    types.map(([type, { n, metrics }]) => [
      type,
      String(n),
      ...report.headline.map((metric) => formatMetric(report, metric, metrics[metric] ?? Number.NaN)),
    ]),
  )
}

/** Every metric of a report, one a line. */
const metricTable = (report: Report): string =>
  markdownTable(
    ['metric', 'value', '95 % interval'],
    Object.keys(report.metrics).map((metric) => {
      const interval = report.intervals[metric]
      const ends = interval?.map((end) => formatMetric(report, metric, end)) ?? []
      return [metric, formatMetric(report, metric), ends.includes('-') ? '-' : ends.join(' to ')]
    }),
  )

/** Two runs compared, with the interval of their difference. */
export const comparisonTable = (comparisons: ReadonlyArray<Comparison>, a = 'A', b = 'B'): string =>
  markdownTable(
    ['metric', a, b, `${b} - ${a}`, '95 % interval', 'p'],
    comparisons.map(({ metric, scale, interval, p, ...values }) => {
      const shown = (value: number) => (Number.isNaN(value) ? '-' : value.toFixed(decimals(scale === 100)))
      return [
        metric,
        ...[values.a, values.b, values.difference].map(shown),
        interval.some(Number.isNaN) ? '-' : interval.map(shown).join(' to '),
        Number.isNaN(p) ? '-' : p < 0.001 ? '< 0.001' : p.toFixed(3),
      ]
    }),
  )

/**
 * The whole report as Markdown. The first row is the run, further rows are baselines; figures are linked by
 * their file names. `rules` is a table of the run's scores by every rule.
 */
export const markdown = (
  rows: readonly [ReportRow, ...ReadonlyArray<ReportRow>],
  figures: ReadonlyArray<{ readonly title: string; readonly file: string }> = [],
  rules = '',
): string => {
  const { report } = rows[0]
  const types = typeTable(report)
  return [
    `# ${report.suite}: ${escapeCell(rows[0].name)}`,
    `${report.n} samples of ${report.videos} videos, rule \`${report.rule}\`. ` +
      `${report.unparsed} without a readable answer (${report.missing} without any) count as wrong. ` +
      'Brackets: 95 % bootstrap intervals over videos.',
    headlineTable(rows),
    ...(types === '' ? [] : ['## By type', types]),
    ...(rules === '' ? [] : ['## By rule', rules]),
    '## All metrics',
    metricTable(report),
    ...figures.map(({ title, file }) => `![${title}](${file})`),
  ]
    .join('\n\n')
    .concat('\n')
}
