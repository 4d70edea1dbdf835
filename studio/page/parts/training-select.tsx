import type { ComponentChildren } from 'preact'
import { trainings } from '../state/runs.ts'

interface TrainingSelectProps {
  readonly run: string
  readonly choose: (run: string) => void
  /** The label. */
  readonly children: ComponentChildren
}

/** Choice of one training run. */
export const TrainingSelect = ({ run, choose, children }: TrainingSelectProps) => (
  <label>
    {children}
    <select value={run} onChange={(event) => choose(event.currentTarget.value)}>
      {trainings.value.map(({ id, name }) => (
        <option key={id} value={id}>
          {name}
        </option>
      ))}
    </select>
  </label>
)
