import { type Shape, showShape } from './dims.ts'

/** An operation was given shapes (or types) that do not fit: a mistake in the graph's code, not in its data. */
export class ShapeError extends Error {
  override readonly name = 'ShapeError'
  readonly operation: string
  readonly shapes: readonly Shape[]

  constructor(operation: string, shapes: readonly Shape[], problem: string) {
    super(`${operation}: ${problem} (${shapes.map(showShape).join(' and ')})`)
    this.operation = operation
    this.shapes = shapes
  }
}
