import type { Queue } from '../../../api/index.ts'
import { count } from '../../logic/figures.ts'
import { path } from '../../state/api.ts'
import { useFetched } from '../../state/fetched.ts'
import { revision } from '../../state/live.ts'
import { go } from '../../state/place.ts'
import { curation } from '../../state/runs.ts'
import { reviewer } from '../../state/settings.ts'
import { viewText } from '../../state/view.ts'

/** Starts a review of the view: the most uncertain sample that this reviewer has not decided about comes first. */
export const QueueButton = () => {
  const run = curation.value ?? ''
  const address = path(['runs', run, 'queue'], { reviewer: reviewer.value, view: viewText.value, limit: 1 })
  const { data } = useFetched<Queue>(
    reviewer.value === '' ? null : address,
    revision(run, 'decisions') + revision(run, 'verdicts'),
  )
  const first = data?.items[0]
  return (
    <button
      type="button"
      class="main"
      disabled={first === undefined}
      title="Most uncertain samples first"
      onClick={() => first && go({ view: 'sample', sample: first.key, queue: true, time: 0, zoom: null })}
    >
      Review{data === null ? '' : ` ${count(data.left)}`}
    </button>
  )
}
