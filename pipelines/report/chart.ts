import { extent } from '../../core/index.ts'

/* Small SVG charts as strings, so that a report is one self-contained file. Colours come from CSS variables. */

export interface Series {
  readonly name: string
  /** Points in data units, in drawing order. */
  readonly points: ReadonlyArray<readonly [x: number, y: number]>
  /** Index of the palette, 1 to 4. */
  readonly colour: number
  readonly dashed?: boolean
}

export interface Axes {
  readonly title: string
  readonly x: string
  readonly y: string
  /** Fixed range of y; taken from the data otherwise. */
  readonly range?: readonly [number, number]
}

const width = 460
const height = 240
const left = 48
const right = 12
const top = 34
const bottom = 38

export const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

/** A step of 1, 2 or 5 times a power of ten that cuts `span` into about four parts. */
const tickStep = (span: number): number => {
  const raw = span / 4
  const power = 10 ** Math.floor(Math.log10(raw))
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= raw)!
}

const ticks = (low: number, high: number): ReadonlyArray<number> => {
  const step = tickStep(high - low)
  const first = Math.ceil(low / step)
  return Array.from({ length: Math.floor(high / step + 1e-9) - first + 1 }, (_, i) => (first + i) * step)
}

const number = (value: number): string => String(Number(value.toPrecision(3)))

const frame = ({ title, x, y }: Axes, body: string): string =>
  `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escape(title)}"><text class="title" x="${left}" y="16">${escape(title)}</text>${body}<text class="axis" x="${(left + width - right) / 2}" y="${height - 4}" text-anchor="middle">${escape(x)}</text><text class="axis" transform="translate(11 ${(top + height - bottom) / 2}) rotate(-90)" text-anchor="middle">${escape(y)}</text></svg>`

const grid = (
  xs: ReadonlyArray<number>,
  ys: ReadonlyArray<number>,
  toX: (x: number) => number,
  toY: (y: number) => number,
): string =>
  ys
    .map(
      (y) =>
        `<line class="grid" x1="${left}" x2="${width - right}" y1="${toY(y).toFixed(1)}" y2="${toY(y).toFixed(1)}"/><text class="tick" x="${left - 5}" y="${(toY(y) + 3).toFixed(1)}" text-anchor="end">${number(y)}</text>`,
    )
    .join('') +
  xs
    .map(
      (x) =>
        `<text class="tick" x="${toX(x).toFixed(1)}" y="${height - bottom + 14}" text-anchor="middle">${number(x)}</text>`,
    )
    .join('')

/** An axis of at least this length. */
const widened = ([from, to]: readonly [number, number], length: number) =>
  [from, Math.max(to, from + length)] as const

/** Lines over a shared x axis, with a legend in the title row. */
export const lines = (axes: Axes, series: ReadonlyArray<Series>): string => {
  const points = series.flatMap((one) => one.points)
  if (points.length === 0) return frame(axes, '')
  const [x0, x1] = widened(extent(points.map(([x]) => x)), 1e-9)
  const [y0, y1] = axes.range ?? widened(extent(points.map(([, y]) => y)), 1e-3)
  const toX = (x: number) => left + ((x - x0) / (x1 - x0)) * (width - left - right)
  const toY = (y: number) => height - bottom - ((y - y0) / (y1 - y0)) * (height - top - bottom)
  const paths = series
    .map(
      ({ points, colour, dashed }) =>
        `<polyline class="line c${colour}${dashed === true ? ' dashed' : ''}" points="${points.map(([x, y]) => `${toX(x).toFixed(1)},${toY(y).toFixed(1)}`).join(' ')}"/>`,
    )
    .join('')
  const legend = series
    .map(
      ({ name, colour }, index) =>
        `<text class="legend f${colour}" x="${width - right}" y="${14 + index * 12}" text-anchor="end">${escape(name)}</text>`,
    )
    .join('')
  return frame(axes, grid(ticks(x0, x1), ticks(y0, y1), toX, toY) + paths + legend)
}

/** Bars of equal width over [0, 1]: a histogram of a score. */
export const histogram = (axes: Axes, counts: ReadonlyArray<number>): string => {
  const highest = Math.max(1, ...counts)
  const toX = (x: number) => left + x * (width - left - right)
  const toY = (y: number) => height - bottom - (y / highest) * (height - top - bottom)
  const bars = counts
    .map((count, index) => {
      const x = toX(index / counts.length)
      const barWidth = (width - left - right) / counts.length - 2
      return `<rect class="bar f1" x="${(x + 1).toFixed(1)}" y="${toY(count).toFixed(1)}" width="${barWidth.toFixed(1)}" height="${(height - bottom - toY(count)).toFixed(1)}"><title>${count}</title></rect>`
    })
    .join('')
  return frame(axes, grid([0, 0.25, 0.5, 0.75, 1], ticks(0, highest), toX, toY) + bars)
}

/** Groups of bars, one group a place from 1, one bar a series. */
export const bars = (
  axes: Axes,
  series: ReadonlyArray<{
    readonly name: string
    readonly colour: number
    readonly values: ReadonlyArray<number>
  }>,
): string => {
  const groups = Math.max(1, ...series.map(({ values }) => values.length))
  const highest = Math.max(1e-9, ...series.flatMap(({ values }) => values))
  const group = (width - left - right) / groups
  const each = (group - 3) / Math.max(1, series.length)
  const toX = (place: number) => left + (place - 0.5) * group
  const toY = (y: number) => height - bottom - (y / highest) * (height - top - bottom)
  const drawn = series.flatMap(({ colour, values }, index) =>
    values.map((value, place) => {
      const x = left + place * group + 1.5 + index * each
      return `<rect class="bar f${colour}" x="${x.toFixed(1)}" y="${toY(value).toFixed(1)}" width="${Math.max(0.5, each - 1).toFixed(1)}" height="${(height - bottom - toY(value)).toFixed(1)}"><title>${number(value)}</title></rect>`
    }),
  )
  const legend = series.map(
    ({ name, colour }, index) =>
      `<text class="legend f${colour}" x="${width - right}" y="${14 + index * 12}" text-anchor="end">${escape(name)}</text>`,
  )
  const places = Array.from({ length: groups }, (_, index) => index + 1)
  return frame(axes, grid(places, ticks(0, highest), toX, toY) + drawn.join('') + legend.join(''))
}

/** Windows drawn as bars over the time of a clip, one lane per list. */
export const lanes = (
  duration: number,
  rows: ReadonlyArray<{
    readonly name: string
    readonly windows: ReadonlyArray<readonly [number, number]>
    readonly colour: number
  }>,
): string => {
  const lane = 14
  const toX = (time: number) => (time / duration) * 1000
  const body = rows
    .map(
      ({ windows, colour }, row) =>
        `<rect class="lane" x="0" y="${row * lane + 2}" width="1000" height="${lane - 4}"/>` +
        windows
          .map(
            ([start, end]) =>
              `<rect class="f${colour}" x="${toX(start).toFixed(1)}" y="${row * lane + 2}" width="${Math.max(2, toX(end) - toX(start)).toFixed(1)}" height="${lane - 4}"><title>${start.toFixed(1)} to ${end.toFixed(1)} s</title></rect>`,
          )
          .join(''),
    )
    .join('')
  return `<svg class="lanes" viewBox="0 0 1000 ${rows.length * lane}" preserveAspectRatio="none">${body}</svg>`
}
