import { useRef } from 'preact/hooks'
import type { Window } from '../../../core/index.ts'
import { windowText } from '../logic/figures.ts'
import { shift, span } from '../logic/nudge.ts'
import { type Scale, toTime, toX } from '../logic/timeline.ts'
import { add, change, draft, ownLane, selected } from '../state/draft.ts'
import { seek } from '../state/player.ts'
import type { LaneShape } from './shape.ts'

/** What a drag holds: an edge with the time of the other one, the whole window, or the start of a new window. */
type Held =
  | { readonly kind: 'edge'; readonly index: number; readonly other: number }
  | { readonly kind: 'window'; readonly index: number; readonly from: Window; readonly at: number }
  | { readonly kind: 'new'; readonly at: number }

interface OwnLaneProps {
  readonly lane: LaneShape
  readonly scale: Scale
  readonly duration: number
}

/** Edges can be held within this many pixels. */
const reach = 7

/** The reviewer's lane: edges and windows are dragged, a drag over free space adds a window. */
export const OwnLane = ({ lane, scale, duration }: OwnLaneProps) => {
  const ref = useRef<HTMLDivElement>(null)
  const held = useRef<Held | null>(null)
  const moved = useRef(false)
  const timeOf = (event: PointerEvent) =>
    toTime(scale, event.clientX - ref.current!.getBoundingClientRect().left)

  const grab = (event: PointerEvent): Held => {
    const x = event.clientX - ref.current!.getBoundingClientRect().left
    const at = toTime(scale, x)
    for (const [index, [start, end]] of draft.peek().entries()) {
      const [left, right] = [toX(scale, start), toX(scale, end)]
      if (Math.abs(x - right) <= reach) return { kind: 'edge', index, other: start }
      if (Math.abs(x - left) <= reach) return { kind: 'edge', index, other: end }
      if (x > left && x < right) return { kind: 'window', index, from: [start, end], at }
    }
    return { kind: 'new', at }
  }

  const onMove = (event: PointerEvent) => {
    const now = held.current
    if (now === null) return
    const at = timeOf(event)
    if (now.kind === 'new') {
      if (Math.abs(at - now.at) * (scale.width / (scale.range[1] - scale.range[0])) < 4) return
      add(span(now.at, at, duration))
      held.current = { kind: 'edge', index: selected.peek()?.index ?? 0, other: now.at }
      moved.current = true
      return
    }
    const window =
      now.kind === 'edge' ? span(now.other, at, duration) : shift(now.from, at - now.at, duration)
    change(
      draft.peek().map((each, i) => (i === now.index ? window : each)),
      window,
      moved.current,
    )
    moved.current = true
    held.current = { ...now, index: selected.peek()?.index ?? now.index }
    if (now.kind === 'edge') seek(at)
  }

  return (
    <div
      ref={ref}
      class="lane own"
      role="img"
      aria-label={`your windows ${lane.note}: ${draft.value.map(windowText).join('; ') || 'none'}`}
      onPointerDown={(event) => {
        if (event.button !== 0) return
        event.preventDefault()
        event.currentTarget.setPointerCapture(event.pointerId)
        held.current = grab(event)
        moved.current = false
        if (held.current.kind !== 'new') selected.value = { lane: ownLane, index: held.current.index }
      }}
      onPointerMove={onMove}
      onPointerUp={(event) => {
        if (held.current !== null && !moved.current) seek(timeOf(event))
        held.current = null
      }}
      onPointerCancel={() => {
        held.current = null
      }}
    >
      {draft.value.map((window, index) => {
        const left = toX(scale, window[0])
        const chosen = selected.value?.lane === ownLane && selected.value.index === index
        return (
          <div
            key={String(index)}
            class={`bar ${chosen ? 'chosen' : ''}`}
            style={{ left: `${left}px`, width: `${Math.max(3, toX(scale, window[1]) - left)}px` }}
          >
            <span>{windowText(window)}</span>
          </div>
        )
      })}
    </div>
  )
}
