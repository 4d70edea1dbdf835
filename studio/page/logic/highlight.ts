import type { Span } from '../../api/index.ts'

/** A piece of a reply with the kinds of everything that was read from it, outermost first. */
export interface Piece {
  readonly text: string
  readonly kinds: ReadonlyArray<Span['kind']>
}

const order: ReadonlyArray<Span['kind']> = ['thought', 'answer', 'window', 'word']

/** Cuts a text at the borders of its spans. The pieces together are the text, whatever the spans are. */
export const pieces = (text: string, spans: ReadonlyArray<Span>): ReadonlyArray<Piece> => {
  const borders = [...new Set([0, text.length, ...spans.flatMap(({ from, to }) => [from, to])])]
    .filter((at) => Number.isInteger(at) && at >= 0 && at <= text.length)
    .sort((a, b) => a - b)
  return borders.slice(1).map((to, i) => {
    const from = borders[i]!
    const kinds = spans.filter((span) => span.from <= from && span.to >= to).map(({ kind }) => kind)
    return { text: text.slice(from, to), kinds: order.filter((kind) => kinds.includes(kind)) }
  })
}
