import { type Window, Windows } from '../../core/index.ts'

/** What is hidden around an annotated window: at least `seconds`, or `share` of the clip's duration if that is more. */
export interface Margin {
  readonly seconds: number
  readonly share: number
}

/** max(2 s, 10 % of the clip). */
export const defaultMargin: Margin = { seconds: 2, share: 0.1 }

/** The margin in seconds for a clip of `duration` seconds. */
export const marginOf = (duration: number, margin: Margin = defaultMargin): number =>
  Math.max(margin.seconds, margin.share * duration)

/** What the reflect question blanks: the annotated windows widened by the margin. */
export const reflectHidden = (
  windows: ReadonlyArray<Window>,
  duration: number,
  margin: Margin = defaultMargin,
): ReadonlyArray<Window> => Windows.pad(windows, marginOf(duration, margin), [0, duration])

/**
 * What the reflect question leaves visible: everything else, less a millisecond at each border, so that a frame that
 * lies exactly on the border is hidden. Frames elsewhere are blanked, the time grid stays.
 */
export const reflectView = (
  windows: ReadonlyArray<Window>,
  duration: number,
  margin: Margin = defaultMargin,
): ReadonlyArray<Window> => {
  const hidden = reflectHidden(windows, duration, margin)
  return Windows.complement(hidden, [0, duration]).map(
    ([start, end]): Window => [start === 0 ? start : start + 0.001, end === duration ? end : end - 0.001],
  )
}

/** How far a proposed range is widened before it is shown alone, in seconds. */
export const defaultPad = 1

/**
 * The range that the verify question shows alone: the proposal widened by `pad` seconds, and by as much more as it
 * takes to last `2 + 2 * pad` seconds, so that even a point-like proposal comes with frames. Frames elsewhere are
 * dropped, and those kept keep their times.
 */
export const verifyView = (proposal: Window, duration: number, pad = defaultPad): Window => {
  const centre = (proposal[0] + proposal[1]) / 2
  const half = Math.max((proposal[1] - proposal[0]) / 2 + pad, 1 + pad)
  return [Math.max(0, centre - half), Math.min(duration, centre + half)]
}

/** The visible time cut into equal tiles of at most `seconds` each, shreds shorter than `least` left out. */
export const scanTiles = (
  visible: ReadonlyArray<Window>,
  seconds: number,
  least: number,
): ReadonlyArray<Window> =>
  seconds <= 0
    ? []
    : visible
        .filter((part) => Windows.length(part) >= least)
        .flatMap(([start, end]) => {
          const count = Math.ceil((end - start) / seconds)
          const step = (end - start) / count
          return Array.from({ length: count }, (_, i): Window => [start + i * step, start + (i + 1) * step])
        })
