import { colourOf } from '../../parts/colours.ts'
import type { RunMetrics } from '../../state/metrics.ts'
import { go } from '../../state/place.ts'
import { trainings } from '../../state/runs.ts'

interface RunChoiceProps {
  readonly chosen: ReadonlyArray<string>
  readonly found: ReadonlyArray<RunMetrics>
}

const progress = (found: ReadonlyArray<RunMetrics>, id: string): string => {
  const metrics = found.find(({ run }) => run === id)?.metrics
  if (metrics === undefined) return ''
  return metrics.planned === null
    ? `${metrics.steps.length} steps`
    : `${metrics.steps.length} of ${metrics.planned} steps`
}

/** Which runs are drawn over each other. */
export const RunChoice = ({ chosen, found }: RunChoiceProps) => (
  <fieldset class="panel run-choice">
    <legend class="unseen">Training runs</legend>
    {trainings.value.map(({ id, name, live }, index) => (
      <label key={id}>
        <input
          type="checkbox"
          checked={chosen.includes(id)}
          onChange={() => {
            const next = chosen.includes(id) ? chosen.filter((each) => each !== id) : [...chosen, id]
            go({ runs: next })
          }}
        />
        <span class="swatch" style={{ background: `var(${colourOf(index)})` }} />
        {name} <span class="muted">{progress(found, id)}</span>
        {live ? <span class="badge good">running</span> : null}
      </label>
    ))}
  </fieldset>
)
