import type { Window } from '../../../../core/index.ts'
import { putEdge } from '../../logic/nudge.ts'
import { add, change, draft, ownLane, remove, selected } from '../../state/draft.ts'
import { length } from '../../state/player.ts'

const set = (index: number, edge: 'start' | 'end', seconds: number) => {
  const window = draft.peek()[index]
  if (window === undefined || !Number.isFinite(seconds)) return
  const edited = putEdge(window, edge, seconds, length.peek())
  change(
    draft.peek().map((each, i) => (i === index ? edited : each)),
    edited,
  )
}

const Edge = ({
  index,
  edge,
  value,
}: {
  readonly index: number
  readonly edge: 'start' | 'end'
  readonly value: number
}) => (
  <input
    type="number"
    class="short mono"
    step={0.1}
    min={0}
    aria-label={`${edge === 'start' ? 'Start' : 'End'} of window ${index + 1}`}
    value={value}
    onChange={(event) => set(index, edge, Number(event.currentTarget.value))}
    onFocus={() => {
      selected.value = { lane: ownLane, index }
    }}
  />
)

const Row = ({ window: [start, end], index }: { readonly window: Window; readonly index: number }) => (
  <li class="row">
    <Edge index={index} edge="start" value={start} /> to <Edge index={index} edge="end" value={end} /> s
    <button
      type="button"
      class="plain"
      aria-label={`Remove window ${index + 1}`}
      onClick={() => remove(index)}
    >
      ✕
    </button>
  </li>
)

/** The windows of the reviewer's lane as numbers. */
export const OwnWindows = () => (
  <>
    <ul class="own-windows">
      {draft.value.map((window, index) => (
        <Row key={String(index)} window={window} index={index} />
      ))}
    </ul>
    {draft.value.length === 0 ? <p class="muted">None: the query never holds.</p> : null}
    <button type="button" onClick={() => add()}>
      Add a window <kbd>B</kbd>
    </button>
  </>
)
