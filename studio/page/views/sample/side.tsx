import type { Decisions, SampleDetail } from '../../../api/index.ts'
import type { Panel } from '../../logic/place.ts'
import { adjust, place } from '../../state/place.ts'
import { Replies } from './replies.tsx'
import { Review } from './review.tsx'

interface SideProps {
  readonly sample: SampleDetail
  readonly decisions: Decisions | null
}

const tabs: ReadonlyArray<readonly [panel: Panel, label: string]> = [
  ['review', 'Verdicts and decisions'],
  ['replies', 'Prompts and replies'],
]

/** What is beside the video. */
export const Side = ({ sample, decisions }: SideProps) => {
  const { panel } = place.value
  return (
    <section class="panel side" aria-label="About the sample">
      <div class="row tab-row" role="group" aria-label="Shown beside the video">
        {tabs.map(([name, label]) => (
          <button
            key={name}
            type="button"
            aria-pressed={panel === name}
            onClick={() => adjust({ panel: name })}
          >
            {label}
          </button>
        ))}
      </div>
      <div
        class="side-body"
        tabIndex={0}
        role="region"
        aria-label={tabs.find(([name]) => name === panel)?.[1]}
      >
        {panel === 'replies' ? <Replies sample={sample} /> : <Review sample={sample} decisions={decisions} />}
      </div>
    </section>
  )
}
