import { Effect } from 'effect'
import { InputError, mean } from '../../core/index.ts'
import type { Checkpoint } from '../../engine/checkpoint/index.ts'

const embedding = 'model.language_model.embed_tokens.weight'

/** The text of each token of a checkpoint's vocabulary, special tokens and phrases included. */
const tokenTexts = ({ tokenizer, model }: Checkpoint): ReadonlyArray<string> =>
  Array.from({ length: model.shapes.get(embedding)![0]! }, (_, id) => tokenizer.decode([id]))

/**
 * A checkpoint with the tokenizer of `fresh`, whose vocabulary may differ, and the weights of `trained`, of the same
 * sizes otherwise (`InputError` if not). Embeddings follow the text of their token; a token that `trained` does not know
 * starts at the mean of all.
 */
export const grafted = Effect.fnUntraced(function* (trained: Checkpoint, fresh: Checkpoint) {
  for (const [name, { shape }] of fresh.tensors) {
    const found = trained.tensors.get(name)?.shape
    if (
      found?.length !== shape.length ||
      found.some((size, axis) => size !== shape[axis] && (name !== embedding || axis > 0))
    )
      return yield* new InputError({
        subject: trained.folder,
        problem: `has ${name} with ${found?.join(' x ') ?? 'no'} weights, the shapes model ${shape.join(' x ')}`,
        remedy: 'continue from a checkpoint that "spanwise pretrain shapes" made',
      })
  }
  const old = trained.tensors.get(embedding)!
  const target = fresh.tensors.get(embedding)!
  const width = old.shape[1]!
  const rows = new Map(
    tokenTexts(trained).map((text, id) => [text, old.data.subarray(id * width, (id + 1) * width)]),
  )
  const centre = Float32Array.from({ length: width }, (_, column) =>
    mean([...rows.values()].map((row) => row[column]!)),
  )
  const data = new Float32Array(target.data.length)
  tokenTexts(fresh).forEach((text, id) => {
    data.set(rows.get(text) ?? centre, id * width)
  })
  const tensors = new Map(
    [...fresh.tensors].map(([name, tensor]) => [name, trained.tensors.get(name) ?? tensor] as const),
  )
  tensors.set(embedding, { ...target, data })
  return { ...fresh, tensors }
})
