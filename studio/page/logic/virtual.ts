/** Browsers draw elements up to about 2^25 pixels high; ten million rows are higher. */
export const tallest = 12_000_000

/** A list of rows of one height behind a window of `view` pixels. */
export interface List {
  readonly rows: number
  readonly height: number
  readonly view: number
}

/** Where a scroll bar is, and the pixel of the list that is at the top of the window. */
export interface Scrolled {
  readonly bar: number
  readonly top: number
}

const total = ({ rows, height }: List) => rows * height

/** Height of the scrolled element. */
export const barHeight = (list: List): number => Math.min(total(list), tallest)

const ends = (list: List) => ({
  bar: Math.max(0, barHeight(list) - list.view),
  top: Math.max(0, total(list) - list.view),
})

/**
 * Follows the scroll bar from where it was to `bar`. Where the list is higher than an element can be, a small movement
 * moves the rows by as many pixels (so that wheel and arrows feel the same in a list of any length), a large one jumps to
 * the same share of the list.
 */
export const follow = (list: List, was: Scrolled, bar: number): Scrolled => {
  const end = ends(list)
  const to = Math.min(Math.max(0, bar), end.bar)
  if (to === 0) return { bar: to, top: 0 }
  if (to === end.bar) return { bar: to, top: end.top }
  const moved = to - was.bar
  const small = Math.abs(moved) <= 3 * list.view
  const top = small && end.top > end.bar ? was.top + moved : (to / end.bar) * end.top
  return { bar: to, top: Math.min(Math.max(0, top), end.top) }
}

/** Scrolls to a pixel of the list. */
export const scrollTo = (list: List, top: number): Scrolled => {
  const end = ends(list)
  const inside = Math.min(Math.max(0, top), end.top)
  return { bar: end.top === 0 ? 0 : (inside / end.top) * end.bar, top: inside }
}

/** Scrolls just so far that a row is seen whole; unchanged where it is. */
export const showRow = (list: List, was: Scrolled, row: number): Scrolled => {
  const from = row * list.height
  if (from < was.top) return scrollTo(list, from)
  const to = from + list.height - list.view
  return to > was.top ? scrollTo(list, to) : was
}

/** Rows to draw, the end excluded, `spare` more on each side. */
export const visibleRows = (
  list: List,
  { top }: Scrolled,
  spare = 6,
): readonly [from: number, to: number] => [
  Math.max(0, Math.floor(top / list.height) - spare),
  Math.min(list.rows, Math.ceil((top + list.view) / list.height) + spare),
]
