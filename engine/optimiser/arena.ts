import type { Tensor } from 'onnxruntime-node'
import { type Tensors, tensor } from '../session.ts'

/** A named tensor of a model. */
export interface ParameterShape {
  readonly name: string
  readonly shape: readonly number[]
}

/** Many tensors in one block of memory: the optimiser sees the block, graphs see the tensors. */
export interface Arena {
  /** All elements, in the order of the parameters, with zeros between them up to the alignment. */
  readonly flat: Float32Array
  /** Each tensor's part of the block, by name. */
  readonly views: ReadonlyMap<string, Float32Array>
  /** The same parts as tensors that sessions read and write in place. */
  readonly tensors: Tensors
}

/** Every tensor starts at a multiple of this many floats (64 bytes, a cache line and the widest vector). */
const alignment = 16

/** Lays the parameters out one after the other, all zero. */
export const makeArena = (parameters: readonly ParameterShape[]): Arena => {
  const sizes = parameters.map(({ shape }) => shape.reduce((a, b) => a * b, 1))
  const padded = sizes.map((size) => Math.ceil(size / alignment) * alignment)
  const flat = new Float32Array(padded.reduce((a, b) => a + b, 0))
  const views = new Map<string, Float32Array>()
  const tensors: Record<string, Tensor> = {}
  let start = 0
  parameters.forEach(({ name, shape }, index) => {
    const view = flat.subarray(start, start + sizes[index]!)
    views.set(name, view)
    tensors[name] = tensor('float32', view, shape)
    start += padded[index]!
  })
  return { flat, views, tensors }
}

/** Copies tensors into an arena by name; every one of the arena's must be there and of its size. */
export const fillArena = (arena: Arena, source: ReadonlyMap<string, Float32Array>): void => {
  for (const [name, view] of arena.views) {
    const data = source.get(name)
    if (data?.length !== view.length) {
      throw new RangeError(`${name}: expected ${view.length} elements, not ${data?.length ?? 'none'}`)
    }
    view.set(data)
  }
}
