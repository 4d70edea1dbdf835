import { windowText } from '../logic/figures.ts'
import { type Scale, toX } from '../logic/timeline.ts'
import { selected } from '../state/draft.ts'
import { seek } from '../state/player.ts'
import type { LaneShape } from './shape.ts'
import { Ticks } from './ticks.tsx'

const spoken = ({ label, note, bars, ticks }: LaneShape): string => {
  const windows = bars.map(({ window, text }) => `${windowText(window)}${text === '' ? '' : `, ${text}`}`)
  const points = ticks.length === 0 ? [] : [`${ticks.length} frames`]
  return `${label} ${note}: ${[...windows, ...points].join('; ') || 'nothing'}`
}

/** One lane: its intervals and points. A click on an interval selects it and goes to its start. */
export const Lane = ({ lane, scale }: { readonly lane: LaneShape; readonly scale: Scale }) => {
  const chosen = selected.value
  return (
    <div
      class={`lane ${lane.kind} ${lane.low ? 'low' : ''}`}
      role="img"
      aria-label={spoken(lane)}
      style={{ '--levels': lane.levels }}
    >
      {lane.ticks.length > 0 ? <Ticks times={lane.ticks} scale={scale} /> : null}
      {lane.bars.map(({ window, text, faint, level }, index) => {
        const left = toX(scale, window[0])
        const right = toX(scale, window[1])
        if (right < 0 || left > scale.width) return null
        const isChosen = chosen?.lane === lane.id && chosen.index === index
        return (
          <div
            key={`${index} ${window[0]}`}
            class={`bar ${faint ? 'faint' : ''} ${isChosen ? 'chosen' : ''}`}
            style={{ left: `${left}px`, width: `${Math.max(2, right - left)}px`, '--level': level }}
            title={`${windowText(window)} ${text}`}
            onPointerDown={(event) => {
              if (event.button !== 0) return
              event.preventDefault()
              selected.value = { lane: lane.id, index }
              seek(window[0])
            }}
          >
            <span>{text}</span>
          </div>
        )
      })}
    </div>
  )
}
