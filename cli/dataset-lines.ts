import type { SplitSummary } from '../pipelines/datasets.ts'

const seconds = (value: number | null): string => (value === null ? '-' : `${value.toFixed(1)} s`)

const counts = (of: { readonly [name: string]: number }): string =>
  Object.entries(of)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ')

const spread = ({ min, median, mean, max }: SplitSummary['windowLengths']): string =>
  `${seconds(min)} to ${seconds(max)}, mean ${seconds(mean)}, median ${seconds(median)}`

/** The most common numbers of windows per sample, the others together. */
const windowCounts = ({ windowsPerSample: { counts: all } }: SplitSummary): string => {
  const listed = Object.entries(all)
  const more = listed.slice(8).reduce((sum, [, count]) => sum + count, 0)
  return listed
    .slice(0, 8)
    .map(([windows, count]) => `${count} with ${windows}`)
    .concat(more === 0 ? [] : [`${more} with more`])
    .join(', ')
}

/** A split's summary for people. */
export const inspectLines = (dataset: string, split: SplitSummary): ReadonlyArray<string> => {
  const { published, durations, prior, problems, problemLines, windowsPerSample } = split
  const lines: Array<readonly [string, string]> = [
    ['samples', `${split.samples} of ${split.rows} rows (${counts(split.tasks)})`],
    ['videos', String(split.videos)],
    ...(split.images === 0 ? [] : [['images', String(split.images)] as const]),
  ]
  if (published !== null)
    lines.push([
      'published',
      `${published.samples} samples${published.videos === undefined ? '' : `, ${published.videos} videos`}`,
    ])
  if (split.windows > 0)
    lines.push(
      ['windows', `${split.windows}: ${windowCounts(split)}`],
      ['window lengths', spread(split.windowLengths)],
    )
  if (windowsPerSample.unannotated > 0) lines.push(['unannotated', `${windowsPerSample.unannotated} samples`])
  if (split.videos > 0)
    lines.push([
      'durations',
      `${durations.min === null ? '' : spread(durations)}${durations.unknown === 0 ? '' : ` (unknown for ${durations.unknown} videos)`}`.trim(),
    ])
  const scores = Object.entries(prior.scores)
    .map(([metric, value]) => `${metric} ${value.toFixed(2)}`)
    .join(', ')
  const window =
    prior.window === null
      ? ''
      : `${(100 * prior.window.start).toFixed(0)} % to ${(100 * prior.window.end).toFixed(0)} % of the clip: `
  if (scores !== '') lines.push(['prior only', `${window}${scores}`])
  lines.push(['problems', Object.keys(problems).length === 0 ? 'none' : counts(problems)])
  return [
    `${dataset} ${split.split} (${split.files.map(({ file }) => file).join(', ')})`,
    ...lines.map(([title, text]) => `  ${title.padEnd(16)}${text}`),
    ...problemLines.map(({ file, line, kind, message }) => `    ${file}:${line}: ${kind}: ${message}`),
    ...split.notices.map(({ file, line, message }) => `    ${file}:${line}: ${message}`),
  ]
}
