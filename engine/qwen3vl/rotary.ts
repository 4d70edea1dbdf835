import { add, concat, mul, slice, sub, type Value } from '../graph/index.ts'

/**
 * Rotates the two halves of the last axis against each other (`x * cos + rotate_half(x) * sin` in transformers, with the
 * half-width tables that both halves share). x is [..., L, Dh]; cos and sin must broadcast against [..., L, Dh / 2].
 */
export const rotate = (x: Value, cos: Value, sin: Value): Value => {
  const axis = x.shape.length - 1
  const width = x.shape[axis]
  if (typeof width !== 'number') throw new RangeError('rotate: the head width must be known')
  const first = slice(x, { axis, start: 0, end: width / 2 })
  const second = slice(x, { axis, start: width / 2, end: width })
  return concat([sub(mul(first, cos), mul(second, sin)), add(mul(second, cos), mul(first, sin))], axis)
}
