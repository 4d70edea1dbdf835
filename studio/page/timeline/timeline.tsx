import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { Window } from '../../../core/index.ts'
import { pan, type Scale, toTime, zoomAt } from '../logic/timeline.ts'
import { adjust } from '../state/place.ts'
import { seek } from '../state/player.ts'
import { FilmStrip } from './film-strip.tsx'
import { Lane } from './lane.tsx'
import { OwnLane } from './own-lane.tsx'
import { Playhead } from './playhead.tsx'
import { Ruler } from './ruler.tsx'
import type { LaneShape } from './shape.ts'

interface TimelineProps {
  readonly lanes: ReadonlyArray<LaneShape>
  readonly range: Window
  readonly duration: number
  /** Address of the frame at a time; null where there are no frames. */
  readonly frame: ((time: number, width: number) => string) | null
}

/** Zooms at the pointer, or pans with Shift; wheels that report lines are as fast as those that report pixels. */
const wheel = (event: WheelEvent, scale: Scale, left: number, duration: number): Window => {
  const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 30 : 1
  const x = event.deltaX * unit
  const y = event.deltaY * unit
  const seconds = (scale.range[1] - scale.range[0]) / Math.max(1, scale.width)
  if (event.shiftKey || Math.abs(x) > Math.abs(y))
    return pan(scale.range, (event.shiftKey && x === 0 ? y : x) * seconds, duration)
  return zoomAt(scale.range, toTime(scale, event.clientX - left), 1.0018 ** y, duration)
}

/** Lanes under one playhead. Dragging over them moves the playhead. */
export const Timeline = ({ lanes, range, duration, frame }: TimelineProps) => {
  const ref = useRef<HTMLDivElement>(null)
  const [width, setWidth] = useState(800)
  const scale: Scale = { range, width }
  useLayoutEffect(() => {
    const box = ref.current!
    const observer = new ResizeObserver(() => setWidth(Math.max(50, box.clientWidth)))
    observer.observe(box)
    return () => observer.disconnect()
  }, [])
  const latest = useRef(scale)
  latest.current = scale
  useEffect(() => {
    const box = ref.current!
    const onWheel = (event: WheelEvent) => {
      if (event.ctrlKey || event.metaKey) return
      event.preventDefault()
      const zoom = wheel(event, latest.current, box.getBoundingClientRect().left, duration)
      adjust({ zoom: zoom[0] <= 0 && zoom[1] >= duration ? null : zoom })
    }
    box.addEventListener('wheel', onWheel, { passive: false })
    return () => box.removeEventListener('wheel', onWheel)
  }, [duration])
  const seekTo = (event: PointerEvent) =>
    seek(toTime(latest.current, event.clientX - ref.current!.getBoundingClientRect().left))
  return (
    <div class="timeline">
      <ul class="gutter" aria-label="Lanes">
        <li class="ruler-name" />
        {frame === null ? null : <li class="strip-name">video</li>}
        {lanes.map(({ id, kind, label, note, low, levels }) => (
          <li key={id} class={`lane-name ${kind} ${low ? 'low' : ''}`} style={{ '--levels': levels }}>
            <span class="name">{label}</span>
            <span class="note">{note}</span>
          </li>
        ))}
      </ul>
      <div
        class="tracks"
        ref={ref}
        onPointerDown={(event) => {
          if (event.button !== 0 || event.defaultPrevented) return
          event.currentTarget.setPointerCapture(event.pointerId)
          seekTo(event)
        }}
        onPointerMove={(event) => {
          if (event.currentTarget.hasPointerCapture(event.pointerId)) seekTo(event)
        }}
      >
        <Ruler scale={scale} />
        {frame === null ? null : <FilmStrip scale={scale} frame={frame} />}
        {lanes.map((lane) =>
          lane.kind === 'own' ? (
            <OwnLane key={lane.id} lane={lane} scale={scale} duration={duration} />
          ) : (
            <Lane key={lane.id} lane={lane} scale={scale} />
          ),
        )}
        <Playhead scale={scale} />
      </div>
    </div>
  )
}
