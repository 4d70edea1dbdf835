import { z } from 'zod'
import type { Json, Sample } from '../../core/index.ts'
import type { Predictions } from '../../tasks/index.ts'
import type { Suite } from '../suite.ts'
import { numbers } from './json.ts'
import { escapeCell, formatMetric, markdownTable } from './markdown.ts'
import { evaluate, type Report } from './report.ts'

/** Scores of the same predictions by every rule of their suite, without intervals; the suite's first rule first. */
export const byRule = (
  suite: Suite,
  samples: ReadonlyArray<Sample>,
  predictions: Predictions,
): ReadonlyArray<Report> =>
  suite.rules.map((rule) => evaluate(suite, samples, predictions, { rule, bootstrap: null }).report)

/** The headline metrics of each rule, as report.json has them under `rules`. */
export const rulesJson = (reports: ReadonlyArray<Report>): { readonly [rule: string]: Json } =>
  Object.fromEntries(
    reports.map(({ rule, headline, metrics }) => [
      rule,
      numbers(Object.fromEntries(headline.map((metric) => [metric, metrics[metric]!]))),
    ]),
  )

/** One rule a row, with every headline metric that some rule has. */
export const rulesTable = (reports: ReadonlyArray<Report>): string => {
  const metrics = [...new Set(reports.flatMap(({ headline }) => headline))]
  return markdownTable(
    ['rule', ...metrics],
    reports.map((report) => [
      report.rule,
      ...metrics.map((metric) => (report.headline.includes(metric) ? formatMetric(report, metric) : '-')),
    ]),
  )
}

const metric = z.union([z.number(), z.string(), z.null()])

/** What a table of models takes from the report.json of each. */
export const modelReportSchema = z.object({
  name: z.string(),
  suite: z.string(),
  n: z.int(),
  parseRate: z.number(),
  rules: z.record(z.string(), z.record(z.string(), metric)),
})
export type ModelReport = z.output<typeof modelReportSchema>

const shown = (value: z.output<typeof metric> | undefined): string => {
  if (value === undefined || value === null) return '-'
  return typeof value === 'number' ? String(Number(value.toPrecision(4))) : value.replace('Infinity', 'inf')
}

/** Models side by side: one a row, the metrics of every rule, those of other rules than the first with its name. */
export const modelsTable = (models: ReadonlyArray<ModelReport>): string => {
  const columns = Object.entries(models[0]?.rules ?? {}).flatMap(([rule, metrics], index) =>
    Object.keys(metrics).map((name) => ({ rule, name, title: index === 0 ? name : `${name} (${rule})` })),
  )
  return markdownTable(
    ['model', 'n', 'parsed', ...columns.map(({ title }) => title)],
    models.map((model) => [
      escapeCell(model.name),
      String(model.n),
      `${(100 * model.parseRate).toFixed(1)} %`,
      ...columns.map(({ rule, name }) => shown(model.rules[rule]?.[name])),
    ]),
  )
}
