import { Windows } from '../../../../core/index.ts'
import type { Decision, Decisions, SampleDetail } from '../../../api/index.ts'
import { windowText } from '../../logic/figures.ts'
import { windowsOf } from '../../logic/lanes.ts'
import { Link } from '../../parts/link.tsx'
import { draft } from '../../state/draft.ts'
import { reviewer } from '../../state/settings.ts'
import { Agreements } from './agreements.tsx'
import { OwnWindows } from './own-windows.tsx'
import { Verdicts } from './verdicts.tsx'

const Ious = ({ sample }: { readonly sample: SampleDetail }) => {
  const annotated = windowsOf(sample, 'annotated')
  const truth = windowsOf(sample, 'true')
  return (
    <p class="ious" role="status">
      {annotated === null ? null : (
        <span>
          IoU with annotated <strong>{Windows.setIou(draft.value, annotated).toFixed(3)}</strong>
        </span>
      )}
      {truth === null ? null : (
        <span>
          IoU with true <strong>{Windows.setIou(draft.value, truth).toFixed(3)}</strong>
        </span>
      )}
    </p>
  )
}

const tone = { accept: 'good', reject: 'bad', repair: 'warn', note: '' } as const

const DecisionLine = ({ decision, own }: { readonly decision: Decision; readonly own: boolean }) => (
  <li>
    <span class={`badge ${tone[decision.decision]}`}>{decision.decision}</span>{' '}
    {own ? 'you' : decision.reviewer}
    {decision.decision === 'repair'
      ? ` → ${(decision.after ?? []).map(windowText).join(', ') || 'none'}`
      : ''}
    {decision.note === null ? null : <q>{decision.note}</q>}
  </li>
)

interface ReviewProps {
  readonly sample: SampleDetail
  readonly decisions: Decisions | null
}

/** Verdicts of the agents, the reviewer's windows with their live IoU, and what all reviewers decided. */
export const Review = ({ sample, decisions }: ReviewProps) => {
  const here = decisions?.decisions.filter(({ key }) => key === sample.key) ?? []
  const merged = decisions?.merged.find(({ key }) => key === sample.key)
  return (
    <>
      <section>
        <h2>Your windows</h2>
        <OwnWindows />
        <Ious sample={sample} />
      </section>
      <section>
        <h2>Decisions</h2>
        <ul class="decisions">
          {here.map((decision) => (
            <DecisionLine key={decision.id} decision={decision} own={decision.reviewer === reviewer.value} />
          ))}
        </ul>
        {here.length === 0 ? <p class="muted">Nobody has decided about this sample.</p> : null}
        {merged === undefined ? null : (
          <p class="muted">
            curate takes: <strong>{merged.decision}</strong>
          </p>
        )}
      </section>
      <Verdicts verdicts={sample.verdicts} />
      {sample.options === null ? null : (
        <section>
          <h2>Options</h2>
          <ol class="options">
            {sample.options.map((option, i) => (
              <li key={option} class={sample.answer === String.fromCharCode(65 + i) ? 'right' : ''}>
                {String.fromCharCode(65 + i)}. {option}
              </li>
            ))}
          </ol>
        </section>
      )}
      <Agreements decisions={decisions} />
      {sample.siblings.length === 0 ? null : (
        <section>
          <h2>Other samples of this video</h2>
          <ul>
            {sample.siblings.map(({ key, query }) => (
              <li key={key}>
                <Link to={{ sample: key, time: 0, zoom: null }}>{query}</Link>
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  )
}
