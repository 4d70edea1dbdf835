import type { Evaluations, Metric } from '../../../api/index.ts'
import { percent } from '../../logic/figures.ts'
import { go, place } from '../../state/place.ts'

type Evaluation = Evaluations['evaluations'][number]

/** Metrics of one table; the suite's headline comes first. */
const most = 6

const Whisker = ({ metric: { value, interval, floor } }: { readonly metric: Metric }) => (
  <svg class="whisker" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
    <line class="base" x1="0" x2="100" y1="5" y2="5" />
    {interval === null ? null : (
      <rect x={interval[0] * 100} y={3} width={Math.max(0.5, (interval[1] - interval[0]) * 100)} height={4} />
    )}
    {floor === null ? null : <line class="floor" x1={floor * 100} x2={floor * 100} y1="0" y2="10" />}
    {value === null ? null : <line class="value" x1={value * 100} x2={value * 100} y1="1" y2="9" />}
  </svg>
)

const isShare = ({ value }: Metric): boolean => value !== null && value >= 0 && value <= 1

const number = (value: number): string => value.toFixed(3)

const MetricCell = ({ metric }: { readonly metric: Metric | undefined }) => {
  if (metric === undefined || metric.value === null) return <td>–</td>
  return (
    <td>
      <strong>{number(metric.value)}</strong>
      {metric.interval === null ? null : (
        <span class="muted"> {`${number(metric.interval[0])} to ${number(metric.interval[1])}`}</span>
      )}
      {isShare(metric) ? <Whisker metric={metric} /> : null}
      {metric.floor === null ? null : <span class="muted floor-text">floor {number(metric.floor)}</span>}
    </td>
  )
}

const Choice = ({ run, side }: { readonly run: string; readonly side: 'a' | 'b' }) => (
  <input
    type="radio"
    name={side}
    aria-label={`Compare as ${side.toUpperCase()}`}
    checked={place.value[side] === run}
    onChange={() => go(side === 'a' ? { a: run } : { b: run })}
  />
)

interface SuiteTableProps {
  readonly suite: string
  readonly evaluations: ReadonlyArray<Evaluation>
}

/** The evaluations of one benchmark: each metric with its interval, and what answers without a video reach. */
export const SuiteTable = ({ suite, evaluations }: SuiteTableProps) => {
  const names = [...new Set(evaluations.flatMap(({ metrics }) => metrics.map(({ name }) => name)))].slice(
    0,
    most,
  )
  return (
    <section class="panel evaluations" aria-label={suite}>
      <h2>
        {suite} <span class="muted">{evaluations[0]?.rule}</span>
      </h2>
      <table>
        <thead>
          <tr>
            <th scope="col">A</th>
            <th scope="col">B</th>
            <th scope="col">evaluation</th>
            <th scope="col">samples</th>
            <th scope="col">read</th>
            {names.map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {evaluations.map(({ run, name, samples, parsed, metrics }) => (
            <tr key={run}>
              <td>
                <Choice run={run} side="a" />
              </td>
              <td>
                <Choice run={run} side="b" />
              </td>
              <th scope="row">{name}</th>
              <td>{samples}</td>
              <td>{percent(parsed)}</td>
              {names.map((metric) => (
                <MetricCell key={metric} metric={metrics.find((each) => each.name === metric)} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
