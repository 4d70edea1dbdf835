import { useRef, useState } from 'preact/hooks'
import type { Histogram } from '../../../api/index.ts'
import { brushed, brushOf } from '../../logic/brush.ts'
import { count, figure } from '../../logic/figures.ts'
import { withFilter } from '../../logic/filters.ts'
import { go, place } from '../../state/place.ts'

const height = 56

const binText = ({ min, max, counts }: Histogram, bin: number): string => {
  const width = ((max ?? 0) - (min ?? 0)) / counts.length
  const from = (min ?? 0) + bin * width
  return `${figure(from)} to ${figure(from + width)}: ${count(counts[bin]!)} rows`
}

/** The bars with their brush. A click without a drag takes the filter away. */
export const HistogramBars = ({ data }: { readonly data: Histogram }) => {
  const ref = useRef<SVGSVGElement>(null)
  const [drag, setDrag] = useState<readonly [from: number, to: number] | null>(null)
  const most = Math.max(1, ...data.counts)
  const shareAt = (event: PointerEvent): number => {
    const { left, width } = ref.current!.getBoundingClientRect()
    return (event.clientX - left) / width
  }
  const finish = () => {
    if (drag === null) return
    const moved = Math.abs(drag[1] - drag[0]) > 0.008
    const filter = moved ? brushed(data, drag[0], drag[1]) : null
    setDrag(null)
    go({ filters: withFilter(place.value.filters, data.column, filter) })
  }
  const brush = drag ?? brushOf(data, place.value.filters)
  const step = 100 / Math.max(1, data.counts.length)
  return (
    <svg
      ref={ref}
      class="bars"
      viewBox={`0 0 100 ${height}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={`${data.counts.length} bins from ${figure(data.min ?? 0)} to ${figure(data.max ?? 0)}`}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId)
        const at = shareAt(event)
        setDrag([at, at])
      }}
      onPointerMove={(event) => drag && setDrag([drag[0], shareAt(event)])}
      onPointerUp={finish}
      onPointerCancel={() => setDrag(null)}
    >
      {brush === null ? null : (
        <rect
          class="brush"
          x={Math.min(...brush) * 100}
          y={0}
          width={Math.abs(brush[1] - brush[0]) * 100}
          height={height}
        />
      )}
      {data.counts.map((rows, bin) => {
        const tall = rows === 0 ? 0 : Math.max(1.5, (rows / most) * height)
        return (
          <rect key={bin} x={bin * step + step * 0.08} y={height - tall} width={step * 0.84} height={tall}>
            <title>{binText(data, bin)}</title>
          </rect>
        )
      })}
    </svg>
  )
}
