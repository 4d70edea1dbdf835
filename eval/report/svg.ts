/** Colours that are distinguishable on light and dark backgrounds, also for colour-blind readers (Okabe and Ito 2008). */
export const palette = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9'] as const

export const colourAt = (index: number): string => palette[index % palette.length]!

const escapeXml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

/** The plotting area of a figure: maps data to points of the drawing. */
export interface Frame {
  readonly width: number
  readonly height: number
  readonly x: (share: number) => number
  readonly y: (share: number) => number
}

export interface Tick {
  /** Place on the axis, 0 to 1. */
  readonly share: number
  readonly label: string
  /** A second line below the label. */
  readonly note?: string
}

export interface Axes {
  readonly title: string
  readonly xLabel: string
  readonly yLabel: string
  readonly xTicks: ReadonlyArray<Tick>
  readonly yTicks: ReadonlyArray<Tick>
  /** Names drawn in the colours of the palette, in order. */
  readonly legend?: ReadonlyArray<string>
}

const size = { width: 560, height: 340, left: 56, right: 16, top: 36, bottom: 60 }

const point = (value: number): string => value.toFixed(1)

/** A figure with axes, grid and legend around what `draw` returns. Text takes the colour of its surroundings. */
export const figure = (axes: Axes, draw: (frame: Frame) => ReadonlyArray<string>): string => {
  const { width, height, left, right, top, bottom } = size
  const frame: Frame = {
    width: width - left - right,
    height: height - top - bottom,
    x: (share) => left + share * (width - left - right),
    y: (share) => height - bottom - share * (height - top - bottom),
  }
  const text = (x: number, y: number, label: string, more = '') =>
    `<text x="${point(x)}" y="${point(y)}" ${more}>${escapeXml(label)}</text>`
  const grid = axes.yTicks.map(
    ({ share }) =>
      `<line x1="${point(frame.x(0))}" x2="${point(frame.x(1))}" y1="${point(frame.y(share))}" y2="${point(frame.y(share))}" stroke="currentColor" stroke-opacity="0.15"/>`,
  )
  const xTexts = axes.xTicks.flatMap(({ share, label, note }) => [
    text(frame.x(share), height - bottom + 16, label, 'text-anchor="middle"'),
    ...(note === undefined
      ? []
      : [text(frame.x(share), height - bottom + 30, note, 'text-anchor="middle" opacity="0.6"')]),
  ])
  const yTexts = axes.yTicks.map(({ share, label }) =>
    text(left - 6, frame.y(share) + 4, label, 'text-anchor="end"'),
  )
  const legend = (axes.legend ?? []).map((name, i) => {
    const y = top + 8 + 16 * i
    const x = width - right - 12
    return `<rect x="${x}" y="${y - 8}" width="10" height="10" fill="${colourAt(i)}"/>${text(x - 5, y + 1, name, 'text-anchor="end"')}`
  })
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" font-family="system-ui, sans-serif" font-size="11" fill="currentColor">`,
    `<title>${escapeXml(axes.title)}</title>`,
    text(left, 20, axes.title, 'font-size="13" font-weight="600"'),
    ...grid,
    `<line x1="${left}" x2="${width - right}" y1="${height - bottom}" y2="${height - bottom}" stroke="currentColor"/>`,
    ...xTexts,
    ...yTexts,
    text(left + frame.width / 2, height - 10, axes.xLabel, 'text-anchor="middle"'),
    text(
      0,
      0,
      axes.yLabel,
      `text-anchor="middle" transform="translate(14 ${top + frame.height / 2}) rotate(-90)"`,
    ),
    ...draw(frame),
    ...legend,
    '</svg>',
  ].join('\n')
}

/** A line through points given in shares of both axes. */
export const line = (
  frame: Frame,
  points: ReadonlyArray<readonly [x: number, y: number]>,
  colour: string,
): string =>
  `<polyline fill="none" stroke="${colour}" stroke-width="2" points="${points
    .map(([x, y]) => `${point(frame.x(x))},${point(frame.y(y))}`)
    .join(' ')}"/>`
