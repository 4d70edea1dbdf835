import type { AgentStatus } from './status.ts'

type Labels = { readonly [name: string]: string | number }

const escape = (value: string | number): string =>
  String(value).replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')

/**
 * The state of folds in Prometheus' text format 0.0.4 (prometheus.io, "Exposition formats"). Counts are gauges: they are
 * read from files, and a fold that is retried has fewer failures afterwards.
 */
export const metricsText = (standing: ReadonlyArray<AgentStatus>): string => {
  const metrics = new Map<string, { readonly help: string; readonly lines: Array<string> }>()
  const add = (name: string, help: string, labels: Labels, value: number) => {
    const metric = metrics.get(name) ?? { help, lines: [] }
    const inner = Object.entries(labels).map(([label, text]) => `${label}="${escape(text)}"`)
    metric.lines.push(`spanwise_${name}{${inner.join(',')}} ${value}`)
    metrics.set(name, metric)
  }
  for (const { agent, dataset, split, folds } of standing) {
    // Only if needed to distinguish two folds, so that a dashboard of one split stays unchanged.
    const several = standing.filter((other) => other.agent === agent).length > 1
    for (const report of folds) {
      const fold = { agent, ...(several ? { dataset, split } : {}), fold: report.fold.index }
      add('fold_planned_samples', 'Samples to be done', fold, report.planned)
      add('fold_done_samples', 'Samples that have a verdict', fold, report.done)
      for (const outcome of ['kept', 'dropped', 'failed', 'absent'] as const)
        add('fold_samples', 'Samples by outcome', { ...fold, outcome }, report[outcome])
      for (const [kind, samples] of Object.entries(report.failures))
        add('fold_failures', 'Failed and absent samples by kind', { ...fold, kind }, samples)
      for (const state of ['waiting', 'running', 'stopped', 'done'] as const)
        add('fold_state', '1 for the state a fold is in', { ...fold, state }, report.state === state ? 1 : 0)
      if (report.rate !== null) add('fold_rate', 'Samples per second', fold, report.rate)
      if (report.eta !== null) add('fold_left_seconds', 'Seconds left at that rate', fold, report.eta)
      for (const endpoint of report.endpoints) {
        const server = { ...fold, url: endpoint.url }
        add('endpoint_up', '1 if requests are sent to it', server, endpoint.up ? 1 : 0)
        add('endpoint_in_flight', 'Requests in flight', server, endpoint.inFlight)
        add('endpoint_limit', 'Maximum number of concurrent requests to it', server, endpoint.limit)
        add('endpoint_requests', 'Attempts of this start', server, endpoint.requests)
        add('endpoint_failures', 'Failed attempts of this start', server, endpoint.failures)
        if (endpoint.latency !== null)
          add('endpoint_latency_seconds', 'Mean seconds of its latest answers', server, endpoint.latency)
      }
    }
  }
  return [...metrics]
    .flatMap(([name, { help, lines }]) => [
      `# HELP spanwise_${name} ${help}`,
      `# TYPE spanwise_${name} gauge`,
      ...lines,
    ])
    .map((line) => `${line}\n`)
    .join('')
}
