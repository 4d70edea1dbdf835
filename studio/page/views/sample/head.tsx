import type { ComponentChildren } from 'preact'
import type { SampleDetail } from '../../../api/index.ts'
import { count } from '../../logic/figures.ts'
import { Link } from '../../parts/link.tsx'
import { useCommands } from '../../state/commands.ts'
import type { Neighbours } from '../../state/neighbours.ts'
import { go, place } from '../../state/place.ts'

export const openSample = (key: string | null): void => {
  if (key !== null) go({ sample: key, time: 0, zoom: null })
}

interface HeadProps {
  readonly sample: SampleDetail | null
  readonly neighbours: Neighbours
  readonly children: ComponentChildren
}

/** Which sample this is, what can be decided about it, and the way to those before and after it. */
export const Head = ({ sample, neighbours, children }: HeadProps) => {
  const { previous, next, position, total } = neighbours
  const { queue } = place.value
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
      <div class="grow title">
        <h1>{sample?.query ?? '…'}</h1>
        <p class="muted">
          {sample === null ? '' : `${sample.dataset} · ${sample.split} · ${sample.sample} · ${sample.task}`}
        </p>
      </div>
      {children}
      <div class="row steps">
        <button
          type="button"
          disabled={previous === null}
          onClick={() => openSample(previous)}
          aria-label="Previous sample"
          title="Previous sample (P)"
        >
          ‹
        </button>
        <span class="muted" role="status">
          {queue ? 'queue ' : ''}
          {position === null ? '–' : `${count(position)} / ${count(total ?? 0)}`}
        </span>
        <button
          type="button"
          disabled={next === null}
          onClick={() => openSample(next)}
          aria-label="Next sample"
          title="Next sample (N)"
        >
          ›
        </button>
      </div>
    </header>
  )
}
