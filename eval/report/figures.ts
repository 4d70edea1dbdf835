import { mean, type Sample, Windows } from '../../core/index.ts'
import { colourAt, figure, line } from './svg.ts'

export interface Series {
  readonly name: string
  /** IoU of the first window of each sample, 0 to 1. */
  readonly ious: Float64Array
}

const percentTicks = [0, 20, 40, 60, 80, 100].map((value) => ({ share: value / 100, label: String(value) }))

/** Share of `ious` at or above each of the thresholds 0.00, 0.01 .. 1.00. */
export const recallCurve = (
  ious: Float64Array,
): ReadonlyArray<readonly [threshold: number, recall: number]> => {
  const sorted = ious.toSorted()
  let below = 0
  return Array.from({ length: 101 }, (_, i) => {
    const threshold = i / 100
    while (below < sorted.length && sorted[below]! < threshold) below++
    return [threshold, sorted.length === 0 ? 0 : 1 - below / sorted.length] as const
  })
}

/** SVG: recall of the first window over the IoU threshold, one line a series. */
export const recallFigure = (series: ReadonlyArray<Series>): string =>
  figure(
    {
      title: 'Recall of the first window over the IoU threshold',
      xLabel: 'IoU threshold',
      yLabel: 'recall, %',
      xTicks: [0, 0.1, 0.3, 0.5, 0.7, 0.9, 1].map((share) => ({ share, label: String(share) })),
      yTicks: percentTicks,
      legend: series.map(({ name }) => name),
    },
    (frame) => series.map(({ ious }, i) => line(frame, recallCurve(ious), colourAt(i))),
  )

export interface LengthBin {
  /** Seconds, above `from` and up to `to`. */
  readonly from: number
  readonly to: number
  readonly n: number
  /** Mean of 1 - IoU, 0 to 1. */
  readonly error: number
}

/**
 * Mean error (1 - IoU) by the length of the longest true window, in `count` bins of about equally many samples.
 * Samples without true windows are left out.
 */
export const errorByLength = (
  samples: ReadonlyArray<Sample>,
  ious: Float64Array,
  count = 6,
): ReadonlyArray<LengthBin> => {
  const items = samples
    .flatMap(({ windows }, i) =>
      windows === null || windows.length === 0
        ? []
        : [{ length: Math.max(...windows.map(Windows.length)), error: 1 - ious[i]! }],
    )
    .sort((a, b) => a.length - b.length)
  const bins: Array<LengthBin> = []
  for (let from = 0; from < items.length; ) {
    let to = Math.min(
      items.length,
      Math.max(from + 1, Math.round(((bins.length + 1) * items.length) / count)),
    )
    while (to < items.length && items[to]!.length === items[to - 1]!.length) to++
    const members = items.slice(from, to)
    bins.push({
      from: bins.at(-1)?.to ?? 0,
      to: members.at(-1)!.length,
      n: members.length,
      error: mean(members.map(({ error }) => error)),
    })
    from = to
  }
  return bins
}

/** SVG: mean error by length of the true window, one bar a bin. */
export const lengthFigure = (bins: ReadonlyArray<LengthBin>): string =>
  figure(
    {
      title: 'Error by length of the true window',
      xLabel: 'longest true window, s',
      yLabel: 'mean of 1 - IoU, %',
      xTicks: bins.map(({ from, to, n }, i) => ({
        share: (i + 0.5) / bins.length,
        label: `${from.toFixed(1)}-${to.toFixed(1)}`,
        note: `n ${n}`,
      })),
      yTicks: percentTicks,
    },
    (frame) =>
      bins.map(({ error }, i) => {
        const x = frame.x((i + 0.15) / bins.length)
        const top = frame.y(error)
        return `<rect x="${x.toFixed(1)}" y="${top.toFixed(1)}" width="${((0.7 * frame.width) / bins.length).toFixed(1)}" height="${(frame.y(0) - top).toFixed(1)}" fill="${colourAt(0)}"><title>${(100 * error).toFixed(2)} %</title></rect>`
      }),
  )
