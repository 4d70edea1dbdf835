import { Effect, type Scope } from 'effect'
import { readCheckpoint, writeCheckpoint } from '../checkpoint/index.ts'
import { makeGenerator } from '../generate/index.ts'
import { requireMemory } from '../memory.ts'
import { makeTrainer } from '../training/index.ts'
import type { WeightMap } from '../weights.ts'
import type { EngineFailure, EngineOptions, EngineService } from './engine.ts'

/**
 * Bytes of weights up to which sessions store them, packed for the kernels. Each session then holds them more than once,
 * and a graph file cannot hold more than 2 GiB; larger ones are passed at every run, over the one copy in memory.
 */
const mostStored = 256 * 2 ** 20

const weightBytes = (weights: WeightMap): number =>
  [...weights.values()].reduce((sum, { byteLength }) => sum + byteLength, 0)

/** An engine in this thread, which its computing blocks; `engineLayer` puts it in a thread of its own. */
export const localEngine = Effect.fnUntraced(function* (
  options: EngineOptions,
): Effect.fn.Return<EngineService, EngineFailure, Scope.Scope> {
  const { device, threads, generation } = options
  yield* requireMemory(options.checkpoint, options)
  const { tensors, ...checkpoint } = yield* readCheckpoint(options.checkpoint)
  const { model, tokenizer } = checkpoint
  const initial = new Map([...tensors].map(([name, { data }]) => [name, data]))
  // Without the data, which the trainer may let go of.
  const kinds = [...tensors].map(([name, { shape, type }]) => ({ name, shape, type }))
  const trainer = yield* makeTrainer(model, initial, options)
  const generator = yield* makeGenerator(
    model,
    {
      endTokens: checkpoint.generation.eosTokenIds,
      decode: (tokens) => tokenizer.decode(tokens, { skipSpecial: true }),
    },
    {
      device,
      threads,
      weightsAs: weightBytes(initial) > mostStored ? 'inputs' : 'initialisers',
      ...(generation && { limits: generation }),
    },
  )
  return {
    generate: (prompts, sampling) =>
      Effect.suspend(() => generator.generate(trainer.weights(), prompts, sampling)),
    score: trainer.score,
    update: trainer.update,
    snapshot: trainer.snapshot,
    restore: trainer.restore,
    save: (folder, type) =>
      Effect.suspend(() => {
        const weights = trainer.weights()
        const current = new Map(
          kinds.map(({ name, ...kind }) => [name, { ...kind, data: weights.get(name)! }]),
        )
        const saved = { ...checkpoint, tensors: current }
        return writeCheckpoint(folder, saved, type === undefined ? {} : { type })
      }),
  }
})
