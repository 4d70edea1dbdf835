import { nearestStep } from '../../logic/groups.ts'
import { TrainingSelect } from '../../parts/training-select.tsx'
import { useCommands } from '../../state/commands.ts'
import { adjust, go } from '../../state/place.ts'

interface StepChoiceProps {
  readonly run: string
  readonly steps: ReadonlyArray<number>
  readonly step: number | null
}

/** Which run and which of its steps. */
export const StepChoice = ({ run, steps, step }: StepChoiceProps) => {
  const at = step === null ? -1 : steps.indexOf(step)
  const move = (by: number) => {
    const next = steps[Math.min(Math.max(0, at + by), steps.length - 1)]
    if (next !== undefined) adjust({ step: next })
  }
  useCommands({
    'next-sample': () => move(1),
    'previous-sample': () => move(-1),
    forward: () => move(1),
    back: () => move(-1),
  })
  return (
    <div class="panel step-choice row">
      <TrainingSelect run={run} choose={(training) => go({ training, step: null })}>
        <span class="unseen">Training run</span>
      </TrainingSelect>
      <button type="button" onClick={() => move(-1)} disabled={at <= 0} aria-label="Previous step">
        ‹
      </button>
      <label class="grow row">
        Step <strong>{step ?? '–'}</strong>
        <input
          type="range"
          class="grow"
          min={steps[0] ?? 0}
          max={steps.at(-1) ?? 0}
          value={step ?? 0}
          onInput={(event) => adjust({ step: nearestStep(steps, Number(event.currentTarget.value)) })}
        />
      </label>
      <button
        type="button"
        onClick={() => move(1)}
        disabled={at < 0 || at >= steps.length - 1}
        aria-label="Next step"
      >
        ›
      </button>
      <button type="button" onClick={() => go({ step: null })}>
        Latest
      </button>
    </div>
  )
}
