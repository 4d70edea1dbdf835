import { attention, type Value } from '../graph/index.ts'

/** Added to a score that must not be seen; finite, so that a fully masked row stays a number. */
export const unseen = -1e9

/**
 * What each query sees. q is [B, Hq, L, Dh], k and v are [B, Hkv, L, Dh]; q and k are normed and rotated, not scaled.
 * Returns the context [B, Hq, L, Dh].
 */
export type Attend = (layer: number, q: Value, k: Value, v: Value) => Value

/**
 * Grouped-query attention without repeating keys and values. q [B, Hq, L, Dh]; k and v [B, Hkv, S, Dh]; `mask` is added
 * to the scores and must broadcast to [B, Hq, L, S] (0 where seen, a large negative number where not). Returns
 * [B, Hq, L, Dh].
 */
export const groupedAttention = (q: Value, k: Value, v: Value, mask?: Value): Value =>
  attention(q, k, v, mask === undefined ? {} : { bias: mask })

/** The additive causal mask [L, L] row-major. */
export const causalMask = (length: number): Float32Array => {
  const mask = new Float32Array(length * length)
  for (let row = 0; row < length; row++) mask.fill(unseen, row * length + row + 1, (row + 1) * length)
  return mask
}
