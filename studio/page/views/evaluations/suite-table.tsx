import type { Evaluations, Metric } from '../../../api/index.ts'
import { percent } from '../../logic/figures.ts'
import { go, place } from '../../state/place.ts'

type Evaluation = Evaluations['evaluations'][number]

/** Metrics of one table; the suite's headline comes first. */
const most = 6

/** What a whole scale of the table's metrics is: shares reach 1, percentages 100. */
const scaleOf = (evaluations: ReadonlyArray<Evaluation>): number =>
  evaluations.every(({ metrics }) => metrics.every(({ value }) => value === null || Math.abs(value) <= 1))
    ? 1
    : 100

interface ScaledMetric {
  readonly metric: Metric
  readonly scale: number
}

const Whisker = ({ metric: { value, interval, floor }, scale }: ScaledMetric) => {
  const x = (of: number) => Math.min(Math.max(0, of / scale), 1) * 100
  return (
    <svg class="whisker" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
      <line class="base" x1="0" x2="100" y1="5" y2="5" />
      {interval === null ? null : (
        <rect x={x(interval[0])} y={3} width={Math.max(0.5, x(interval[1]) - x(interval[0]))} height={4} />
      )}
      {floor === null ? null : <line class="floor" x1={x(floor)} x2={x(floor)} y1="0" y2="10" />}
      {value === null ? null : <line class="value" x1={x(value)} x2={x(value)} y1="1" y2="9" />}
    </svg>
  )
}

const MetricCell = ({ metric, scale }: { readonly metric: Metric | undefined; readonly scale: number }) => {
  if (metric === undefined || metric.value === null) return <td>–</td>
  const number = (value: number) => value.toFixed(scale === 1 ? 3 : 1)
  return (
    <td>
      <strong>{number(metric.value)}</strong>{' '}
      {metric.interval === null ? null : (
        <span class="muted">{`${number(metric.interval[0])} to ${number(metric.interval[1])}`}</span>
      )}
      <Whisker metric={metric} scale={scale} />
      {metric.floor === null ? null : (
        <span class="muted floor-text">without video {number(metric.floor)}</span>
      )}
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
  const scale = scaleOf(evaluations)
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
                <MetricCell
                  key={metric}
                  metric={metrics.find((each) => each.name === metric)}
                  scale={scale}
                />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
