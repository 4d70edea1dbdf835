import { useMemo } from 'preact/hooks'
import type { Metrics } from '../../../api/index.ts'
import { byTopic } from '../../logic/curves.ts'
import { Chart, type Line } from '../../parts/chart.tsx'
import { Empty, ProblemNotice } from '../../parts/notice.tsx'
import { revision } from '../../state/live.ts'
import { useMetrics } from '../../state/metrics.ts'
import { go, place } from '../../state/place.ts'
import { nameOf, trainings } from '../../state/runs.ts'
import { RunChoice } from './run-choice.tsx'

const short = (name: string) => name.slice(name.indexOf('.') + 1).replaceAll('_', ' ')

interface Shown {
  readonly run: string
  readonly colour: number
  readonly metrics: Metrics
}

/** One run: figures that belong together share a chart. Several: one chart a figure, one curve a run. */
const chartsOf = (
  shown: ReadonlyArray<Shown>,
  part: (metrics: Metrics) => Pick<Metrics, 'names' | 'steps' | 'values'>,
): ReadonlyArray<readonly [title: string, lines: ReadonlyArray<Line>]> => {
  const names = [...new Set(shown.flatMap(({ metrics }) => part(metrics).names))]
  const curve = ({ metrics }: Shown, name: string) => {
    const { steps, values } = part(metrics)
    return { steps, values: values[name] ?? steps.map(() => null) }
  }
  const [only] = shown
  if (shown.length === 1 && only !== undefined)
    return byTopic(names).map(([title, own]) => [
      title,
      own.map((name, colour) => ({ label: short(name), colour, ...curve(only, name) })),
    ])
  return byTopic(names).flatMap(([title, own]) =>
    own.map(
      (name) =>
        [
          own.length === 1 ? title : `${title}: ${short(name)}`,
          shown.map((each) => ({ label: nameOf(each.run), colour: each.colour, ...curve(each, name) })),
        ] as const,
    ),
  )
}

const Charts = ({
  title,
  charts,
  run,
}: {
  readonly title: string
  readonly charts: ReturnType<typeof chartsOf>
  readonly run: string
}) =>
  charts.length === 0 ? null : (
    <section aria-label={title}>
      <h2 class="section">{title}</h2>
      <div class="charts">
        {charts.map(([name, lines]) => (
          <Chart
            key={name}
            title={name}
            lines={lines}
            onStep={(step) => go({ view: 'rollouts', training: run, step })}
          />
        ))}
      </div>
    </section>
  )

/** Curves of training runs, overlaid, as they are written. */
export const Training = () => {
  const chosen =
    place.value.runs.length > 0 ? place.value.runs : trainings.value.slice(0, 1).map(({ id }) => id)
  const order = trainings.value.map(({ id }) => id)
  const { found, problem } = useMetrics(
    chosen,
    chosen.reduce((sum, id) => sum + revision(id, 'metrics') + revision(id, 'validation'), 0),
  )
  const [steps, validation] = useMemo(() => {
    const shown = found.map(({ run, metrics }) => ({ run, metrics, colour: Math.max(0, order.indexOf(run)) }))
    return [chartsOf(shown, (metrics) => metrics), chartsOf(shown, (metrics) => metrics.validation)]
  }, [found, order.join()])
  if (trainings.value.length === 0)
    return (
      <Empty title="No training runs here yet">
        <code>spanwise train curriculum</code> writes one; its curves appear here step by step.
      </Empty>
    )
  return (
    <>
      <h1 class="unseen">Training</h1>
      <RunChoice chosen={chosen} found={found} />
      {problem === null ? null : <ProblemNotice problem={problem} />}
      <Charts title="By step" charts={steps} run={chosen[0] ?? ''} />
      <Charts title="Validation" charts={validation} run={chosen[0] ?? ''} />
      <p class="muted">A double click on a chart opens the rollouts of that step.</p>
    </>
  )
}
