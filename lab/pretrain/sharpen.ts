import { Effect } from 'effect'
import { type Checkpoint, readCheckpoint, writeCheckpoint } from '../../engine/checkpoint/index.ts'

const norm = 'model.language_model.norm.weight'

/**
 * The checkpoint with all logits multiplied by `factor`, through the weight of the last norm: what it draws at
 * temperature 1 is what it drew at `1 / factor` before. Greedy answers stay as they are.
 */
export const sharpened = (checkpoint: Checkpoint, factor: number): Checkpoint => {
  const tensor = checkpoint.tensors.get(norm)!
  const data = tensor.data.map((weight) => weight * factor)
  return { ...checkpoint, tensors: new Map([...checkpoint.tensors, [norm, { ...tensor, data }]]) }
}

/** Sharpens a checkpoint's folder in place. */
export const sharpen = Effect.fn('Pretrain.sharpen')(function* (folder: string, factor: number) {
  const checkpoint = yield* readCheckpoint(folder)
  yield* writeCheckpoint(folder, sharpened(checkpoint, factor), { type: 'BF16' })
})
