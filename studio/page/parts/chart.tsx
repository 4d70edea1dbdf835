import { useEffect, useRef } from 'preact/hooks'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { aligned, type Curve } from '../logic/curves.ts'
import { figure } from '../logic/figures.ts'
import { theme } from '../state/settings.ts'
import { colourOf, resolved } from './colours.ts'

export interface Line extends Curve {
  readonly label: string
  /** Index of its colour. */
  readonly colour: number
}

interface ChartProps {
  readonly title: string
  readonly lines: ReadonlyArray<Line>
  readonly onStep?: (step: number) => void
}

const height = 190

/** Curves over steps; the cursors of all charts of the page move together. */
export const Chart = ({ title, lines, onStep }: ChartProps) => {
  const box = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot | null>(null)
  const labels = lines.map(({ label, colour }) => `${label}${colour}`).join('\n')
  useEffect(() => {
    const element = box.current!
    const ink = resolved('--muted')
    const axis = {
      stroke: ink,
      grid: { stroke: resolved('--line'), width: 1 },
      ticks: { show: false },
      font: '11px system-ui',
    }
    const made = new uPlot(
      {
        width: element.clientWidth,
        height,
        scales: { x: { time: false } },
        cursor: { sync: { key: 'steps' }, points: { size: 6 } },
        axes: [
          { ...axis, size: 26 },
          { ...axis, size: 52, values: (_, values) => values.map(figure) },
        ],
        series: [
          { label: 'step' },
          ...lines.map(({ label, colour }) => ({
            label,
            stroke: resolved(colourOf(colour)),
            width: 1.6,
            spanGaps: true,
            points: { show: lines[0]!.steps.length < 30, size: 4 },
            value: (_: uPlot, value: number | null) => (value === null ? '–' : figure(value)),
          })),
        ],
      },
      aligned(lines),
      element,
    )
    plot.current = made
    const observer = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height }))
    observer.observe(element)
    return () => {
      observer.disconnect()
      made.destroy()
      plot.current = null
    }
  }, [labels, theme.value])
  useEffect(() => plot.current?.setData(aligned(lines)), [lines])
  const choose = () => {
    const at = plot.current?.cursor.idx
    const step = at === null || at === undefined ? undefined : plot.current?.data[0][at]
    if (step !== undefined) onStep?.(step)
  }
  return (
    <figure class="panel chart">
      <figcaption>{title}</figcaption>
      <div ref={box} onDblClick={choose} />
    </figure>
  )
}
