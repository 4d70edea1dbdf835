import type { FoldReport } from '../../folds/index.ts'

export interface Total {
  readonly planned: number
  readonly done: number
  readonly kept: number
  readonly dropped: number
  readonly failed: number
  readonly absent: number
  readonly states: { readonly [State in FoldReport['state']]: number }
  /** Samples per second of all running folds together; null where none has one. */
  readonly rate: number | null
  /** Seconds left at that rate. */
  readonly eta: number | null
  readonly failures: { readonly [kind: string]: number }
}

/** Folds added up. */
export const totalOf = (reports: ReadonlyArray<FoldReport>): Total => {
  const sum = (field: 'planned' | 'done' | 'kept' | 'dropped' | 'failed' | 'absent') =>
    reports.reduce((total, report) => total + report[field], 0)
  const states = { waiting: 0, running: 0, stopped: 0, done: 0 }
  const failures: { [kind: string]: number } = {}
  for (const report of reports) {
    states[report.state]++
    for (const [kind, samples] of Object.entries(report.failures))
      failures[kind] = (failures[kind] ?? 0) + samples
  }
  const rates = reports.flatMap(({ rate }) => (rate === null ? [] : [rate]))
  const rate = rates.length === 0 ? null : rates.reduce((total, one) => total + one, 0)
  const [planned, done] = [sum('planned'), sum('done')]
  return {
    ...{ planned, done, kept: sum('kept'), dropped: sum('dropped'), failed: sum('failed') },
    ...{ absent: sum('absent'), states, rate, failures },
    eta: rate === null ? null : (planned - done) / rate,
  }
}

/** `3 s`, `12 min`, `5 h 03 min`. */
export const timeLeft = (seconds: number): string => {
  const minutes = Math.round(seconds / 60)
  if (seconds < 60) return `${Math.round(seconds)} s`
  return minutes < 60
    ? `${minutes} min`
    : `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`
}

const kinds = (failures: { readonly [kind: string]: number }): string =>
  Object.entries(failures)
    .toSorted(([, a], [, b]) => b - a)
    .map(([kind, samples]) => `${samples} ${kind}`)
    .join(', ')

type Cells = ReadonlyArray<string>

const aligned = (rows: ReadonlyArray<Cells>): ReadonlyArray<string> => {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  // Words to the left, numbers to the right; the last column is text.
  return rows.map((row) =>
    row
      .map((cell, column) =>
        column < 2 || column === row.length - 1
          ? cell.padEnd(widths[column]!)
          : cell.padStart(widths[column]!),
      )
      .join('  ')
      .trimEnd(),
  )
}

const numbers = (report: Omit<Total, 'states' | 'failures'>): Cells => [
  `${report.done}/${report.planned}`,
  `${report.planned === 0 ? 100 : Math.floor((100 * report.done) / report.planned)} %`,
  ...[report.kept, report.dropped, report.failed, report.absent].map(String),
  report.rate === null ? '-' : `${report.rate.toPrecision(3)}/s`,
  report.eta === null ? '-' : timeLeft(report.eta),
]

/**
 * The table of `folds status` for `bra` or `bra valid`, one line a fold, then all together, then the servers that
 * running folds ask.
 */
export const statusTable = (agent: string, reports: ReadonlyArray<FoldReport>): ReadonlyArray<string> => {
  const head = ['fold', 'state', 'done', '', 'kept', 'flagged', 'failed', 'absent', 'rate', 'left', '']
  const rows = reports.map((report) => [
    `${agent} ${report.fold.index}`,
    report.state,
    ...numbers(report),
    [
      kinds(report.failures),
      report.holder === null ? '' : `process ${report.holder.pid} on ${report.holder.host}`,
    ]
      .filter((text) => text !== '')
      .join('; '),
  ])
  const total = totalOf(reports)
  const all = ['all', `${total.states.done} of ${reports.length}`, ...numbers(total), kinds(total.failures)]
  const endpoints = reports.flatMap(({ fold, endpoints }) =>
    endpoints.map((endpoint) => [
      endpoint.url,
      endpoint.up ? 'up' : 'down',
      `${endpoint.inFlight}/${endpoint.limit}`,
      `${endpoint.failures} of ${endpoint.requests} failed`,
      endpoint.latency === null ? '-' : `${endpoint.latency.toFixed(2)} s`,
      `fold ${fold.index}${endpoint.error === null ? '' : `: ${endpoint.error}`}`,
    ]),
  )
  return [
    ...aligned([head, ...rows, ...(reports.length > 1 ? [all] : [])]),
    ...(endpoints.length === 0 ? [] : ['', ...aligned(endpoints)]),
  ]
}
