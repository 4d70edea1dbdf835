import type { Mask } from '../../../api/index.ts'
import { percent } from '../../logic/figures.ts'
import { TrainingSelect } from '../../parts/training-select.tsx'
import { path, type Refused } from '../../state/api.ts'
import { useFetched } from '../../state/fetched.ts'
import { adjust, place } from '../../state/place.ts'
import { training } from '../../state/runs.ts'

const ratioText = (data: Mask | null, problem: Refused | null): string => {
  if (problem !== null) return problem.message
  if (data === null) return ''
  const hidden = data.frames.filter((frame) => frame.hidden).length
  return `${percent(data.ratio)} of the frames outside may be hidden; ${hidden} of ${data.frames.length} are`
}

/** Which training step's masked frames are shown among the lanes. */
export const Masking = ({ sampleKey }: { readonly sampleKey: string }) => {
  const { step } = place.value
  const run = training.value
  const address = run === null || step === null ? null : path(['runs', run, 'mask'], { key: sampleKey, step })
  const { data, problem } = useFetched<Mask>(address)
  if (run === null) return null
  return (
    <div class="masking row">
      <label>
        Frames masked at step{' '}
        <input
          type="number"
          class="short"
          min={0}
          step={1}
          value={step ?? ''}
          placeholder="–"
          onInput={(event) => {
            const { value } = event.currentTarget
            adjust({ step: value === '' ? null : Math.max(0, Math.round(Number(value))) })
          }}
        />
      </label>
      <TrainingSelect run={run} choose={(chosen) => adjust({ training: chosen })}>
        of{' '}
      </TrainingSelect>
      <span class="muted">{ratioText(data, problem)}</span>
    </div>
  )
}
