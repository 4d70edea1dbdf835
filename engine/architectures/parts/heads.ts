/** A refinement of a schema: what must hold, and what to say where it does not. */
type Refinement<T> = readonly [holds: (settings: T) => boolean, options: { readonly error: string }]

/** A decoder's heads rotate in pairs, and each key head serves as many query heads. */
export const decoderHeads: Refinement<{ heads: number; kvHeads: number; headDim: number }> = [
  ({ heads, kvHeads, headDim }) => headDim % 2 === 0 && heads % kvHeads === 0,
  { error: 'the heads of the text model do not divide its hidden size and each other' },
]

/** A tower's heads rotate in pairs by row and by column. */
export const towerHeads: Refinement<{ headDim: number }> = [
  ({ headDim }) => headDim % 4 === 0,
  { error: 'the heads of the vision tower do not divide its hidden size into multiples of 4' },
]
