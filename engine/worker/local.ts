import { Effect, type Scope } from 'effect'
import { EngineError } from '../../core/index.ts'
import { readCheckpoint, writeCheckpoint } from '../checkpoint/index.ts'
import { makeGenerator } from '../generate/index.ts'
import { makeTrainer } from '../training/index.ts'
import type { EngineFailure, EngineOptions, EngineService } from './engine.ts'

/** An engine in this thread, which its computing blocks; `Engine.layer` puts it in a thread of its own. */
export const localEngine = (
  options: EngineOptions,
): Effect.Effect<EngineService, EngineFailure, Scope.Scope> =>
  Effect.gen(function* () {
    const { device, threads, generation } = options
    const checkpoint = yield* readCheckpoint(options.checkpoint)
    const { config, tokenizer } = checkpoint
    const initial = new Map([...checkpoint.tensors].map(([name, { data }]) => [name, data]))
    const trainer = yield* makeTrainer(config, initial, options)
    const generator = yield* makeGenerator(
      config,
      {
        endTokens: checkpoint.generation.eosTokenIds,
        decode: (tokens) => tokenizer.decode(tokens, { skipSpecial: true }),
      },
      { device, threads, ...(generation && { limits: generation }) },
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
          const tensors = new Map(
            [...checkpoint.tensors].map(([name, tensor]) => [name, { ...tensor, data: weights.get(name)! }]),
          )
          return writeCheckpoint(folder, { ...checkpoint, tensors }, type === undefined ? {} : { type })
        }).pipe(Effect.mapError((error) => new EngineError({ operation: 'save', problem: error.message }))),
    }
  })
