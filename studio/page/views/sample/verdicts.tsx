import type { Verdict } from '../../../api/index.ts'
import { cellText, words } from '../../logic/figures.ts'

const tone: { readonly [outcome: string]: string } = { kept: 'good', dropped: 'bad', failed: 'bad' }
const shownApart = new Set(['ious', 'frame_times'])

/** What each agent said of the sample. */
export const Verdicts = ({ verdicts }: { readonly verdicts: ReadonlyArray<Verdict> }) => (
  <>
    {verdicts.map(({ agent, outcome, reason, columns }) => (
      <section key={agent}>
        <h2>
          {agent} <span class={`badge ${tone[outcome] ?? ''}`}>{outcome}</span>
        </h2>
        {reason === null ? null : <p class="muted">{reason}</p>}
        <dl class="facts">
          {Object.entries(columns)
            .filter(([name, value]) => value !== null && !shownApart.has(name))
            .map(([name, value]) => (
              <div key={name}>
                <dt>{words(name)}</dt>
                <dd>{cellText(value) || '–'}</dd>
              </div>
            ))}
        </dl>
      </section>
    ))}
  </>
)
