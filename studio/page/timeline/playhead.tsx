import { useSignalEffect } from '@preact/signals'
import { useLayoutEffect, useRef } from 'preact/hooks'
import { type Scale, toX } from '../logic/timeline.ts'
import { time } from '../state/player.ts'

/** The line at the present time. It moves by itself: no lane is drawn again while the video plays. */
export const Playhead = ({ scale }: { readonly scale: Scale }) => {
  const ref = useRef<HTMLDivElement>(null)
  const latest = useRef(scale)
  latest.current = scale
  const put = (at: number) => {
    const x = toX(latest.current, at)
    const line = ref.current
    if (line === null) return
    line.style.transform = `translateX(${x}px)`
    line.hidden = x < -1 || x > latest.current.width + 1
  }
  useSignalEffect(() => put(time.value))
  useLayoutEffect(() => put(time.peek()), [scale.range[0], scale.range[1], scale.width])
  return <div ref={ref} class="playhead" aria-hidden="true" />
}
