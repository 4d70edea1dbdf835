import { add } from './elementwise.ts'
import { ShapeError } from './error.ts'
import { single, type Value } from './graph.ts'
import { matmul } from './matmul.ts'
import { softmax } from './normalise.ts'
import { reshape, slice } from './reshape.ts'

/**
 * Rotates pairs of features by an angle per position, Hugging Face's half-split layout: feature i is paired with
 * i + width/2. x [batch, heads, tokens, width]; cos and sin [batch, tokens, width/2], or full width with equal
 * halves. No gradient goes to the angles.
 */
export const rotary = (x: Value, cosine: Value, sine: Value): Value => {
  const [batch, , tokens, width] = x.shape
  if (x.shape.length !== 4 || typeof width !== 'number' || width % 2 !== 0) {
    throw new ShapeError('rotary', [x.shape], 'expects [batch, heads, tokens, an even width]')
  }
  const half = (angles: Value) => {
    const part = angles.shape.at(-1) === width ? slice(angles, { axis: -1, end: width / 2 }) : angles
    if (part.shape.join() !== [batch, tokens, width / 2].join()) {
      throw new ShapeError('rotary', [x.shape, angles.shape], 'angles must be [batch, tokens, width / 2]')
    }
    return part
  }
  return rotate(x, half(cosine), half(sine))
}

/** `rotary` for angles of half the width. */
export const rotate = (x: Value, cosine: Value, sine: Value): Value =>
  single(x.graph, { op: 'RotaryEmbedding', inputs: [x, cosine, sine], shape: x.shape, parents: [x] })

export interface AttentionOptions {
  /** Factor on the scores; 1 / sqrt(width) by default. */
  readonly scale?: number
  /** Added to the scores, broadcasting to [batch, query heads, queries, keys]; gets no gradient. */
  readonly bias?: Value
}

/**
 * softmax(scale q k^T + bias) v. q [batch, heads, queries, width]; k and v [batch, key heads, keys, width], where
 * each key head serves heads / key heads consecutive query heads without being repeated in memory.
 */
export const attention = (q: Value, k: Value, v: Value, options: AttentionOptions = {}): Value => {
  const [batch, heads, queries, width] = q.shape
  const [, keyHeads, keys] = k.shape
  const fits =
    [q, k, v].every((each) => each.shape.length === 4) &&
    typeof heads === 'number' &&
    typeof keyHeads === 'number' &&
    typeof width === 'number' &&
    heads % keyHeads === 0
  if (!fits || k.shape.slice(0, 3).join() !== v.shape.slice(0, 3).join() || k.shape[0] !== batch) {
    throw new ShapeError('attention', [q.shape, k.shape, v.shape], 'heads, keys or widths do not fit')
  }
  const scale = options.scale ?? 1 / Math.sqrt(width)
  const rows = reshape(q, [batch!, keyHeads, -1, width])
  const scores = matmul(rows, k, { transB: true, alpha: scale })
  const biased =
    options.bias === undefined
      ? scores
      : reshape(add(reshape(scores, [batch!, heads, queries!, keys!]), options.bias), scores.shape)
  const shares = softmax(biased)
  const context = single(q.graph, {
    op: 'MatMul',
    inputs: [shares, v],
    shape: [...shares.shape.slice(0, 3), v.shape[3]!],
    gradient: 'Attention',
    parents: [rows, k, v],
    saved: { scale },
  })
  return reshape(context, [batch!, heads, queries!, v.shape[3]!])
}
