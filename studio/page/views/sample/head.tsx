import type { SampleDetail } from '../../../api/index.ts'
import { count } from '../../logic/figures.ts'
import { Link } from '../../parts/link.tsx'
import { useCommands } from '../../state/commands.ts'
import type { Neighbours } from '../../state/neighbours.ts'
import { go, place } from '../../state/place.ts'

export const openSample = (key: string | null): void => {
  if (key !== null) go({ sample: key, time: 0, zoom: null })
}

/** Which sample this is, and the way to those before and after it. */
export const Head = ({
  sample,
  neighbours,
}: {
  readonly sample: SampleDetail | null
  readonly neighbours: Neighbours
}) => {
  const { previous, next, position, total } = neighbours
  useCommands({
    'next-sample': () => openSample(next),
    'previous-sample': () => openSample(previous),
    leave: () => go({ view: 'samples', sample: null, queue: false, time: 0, zoom: null }),
  })
  return (
    <header class="sample-head">
      <Link to={{ view: 'samples', sample: null, queue: false, time: 0, zoom: null }} class="button">
        ← Table
      </Link>
      <div class="grow">
        <h1>{sample?.query ?? '…'}</h1>
        <p class="muted">
          {sample === null ? '' : `${sample.dataset} · ${sample.split} · ${sample.sample} · ${sample.task}`}
        </p>
      </div>
      <span class="muted" role="status">
        {place.value.queue ? 'queue ' : ''}
        {position === null ? '' : `${count(position)} of ${count(total ?? 0)}`}
      </span>
      <button type="button" disabled={previous === null} onClick={() => openSample(previous)}>
        Previous <kbd>P</kbd>
      </button>
      <button type="button" disabled={next === null} onClick={() => openSample(next)}>
        Next <kbd>N</kbd>
      </button>
    </header>
  )
}
