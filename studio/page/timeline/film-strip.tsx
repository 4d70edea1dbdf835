import { useEffect, useState } from 'preact/hooks'
import { clock, type Scale, toTime } from '../logic/timeline.ts'

const cell = 84

interface FilmStripProps {
  readonly scale: Scale
  readonly frame: (time: number, width: number) => string
}

/** Frames of the shown range, each at the middle of its cell; read once the range stands still. */
export const FilmStrip = ({ scale, frame }: FilmStripProps) => {
  const [still, setStill] = useState(scale)
  useEffect(() => {
    const timer = setTimeout(() => setStill(scale), 180)
    return () => clearTimeout(timer)
  }, [scale.range[0], scale.range[1], scale.width])
  const cells = Math.max(1, Math.floor(still.width / cell))
  const width = still.width / cells
  return (
    <div class="strip" aria-hidden="true">
      {Array.from({ length: cells }, (_, i) => {
        const time = Number(toTime(still, (i + 0.5) * width).toFixed(2))
        return <img key={`${i}`} src={frame(time, 96)} alt="" title={clock(time)} draggable={false} />
      })}
    </div>
  )
}
