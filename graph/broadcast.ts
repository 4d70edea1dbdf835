import type { Dim, Shape } from './dims.ts'
import { ShapeError } from './error.ts'

/** The shape two shapes broadcast to, by NumPy's rule. Throws ShapeError naming the operation. */
export const broadcastShapes = (operation: string, a: Shape, b: Shape): Shape => {
  const rank = Math.max(a.length, b.length)
  return Array.from({ length: rank }, (_, index): Dim => {
    const left = a[index - rank + a.length] ?? 1
    const right = b[index - rank + b.length] ?? 1
    if (left === right || right === 1) return left
    if (left === 1) return right
    throw new ShapeError(operation, [a, b], 'shapes do not broadcast')
  })
}
