import { Effect, type Scope } from 'effect'
import { describe, expect, it } from 'vitest'
import { readCheckpoint } from '../../engine/checkpoint/index.ts'
import { makeGenerator } from '../../engine/generate/index.ts'
import { processMessages } from '../../engine/processor/index.ts'
import { makeTrainer, type TrainerOptions } from '../../engine/training/index.ts'
import { folderOf, golden, messagesOf } from './goldens.ts'

const cpu = { device: 'cpu', threads: 1 } as const

/** A golden checkpoint, its first prompt, and a trainer of it. */
const open = Effect.fnUntraced(function* (
  name: 'qwen2vl/qwen2.5-vl' | 'qwen2vl/qwen2-vl',
  options: Partial<TrainerOptions> = {},
) {
  const checkpoint = yield* readCheckpoint(folderOf(name))
  const weights = new Map([...checkpoint.tensors].map(([key, { data }]) => [key, data]))
  const prompt = processMessages(checkpoint, messagesOf(golden(name), 0))
  const trainer = yield* makeTrainer(checkpoint.model, weights, { ...cpu, ...options })
  return { checkpoint, weights, prompt, trainer }
})

describe.each(['qwen2vl/qwen2.5-vl', 'qwen2vl/qwen2-vl'] as const)('%s', (name) => {
  const run = <A, E>(program: Effect.Effect<A, E, Scope.Scope>) => Effect.runPromise(Effect.scoped(program))
  const tokens = [5, 17, 40, 9]
  const batch = (prompt: Effect.Success<ReturnType<typeof open>>['prompt']) =>
    ({
      groups: [{ prompt, completions: [{ tokens }] }],
      loss: { kind: 'sft' },
      learningRate: 0.01,
    }) as const
  /** Names of the weights that an update changed. */
  const changed = (options: Partial<TrainerOptions>) =>
    run(
      Effect.gen(function* () {
        const { weights, prompt, trainer } = yield* open(name, options)
        // At the first step the adapters' second factors are zero, so the weights move at the second.
        for (let step = 0; step < 2; step++) yield* trainer.update(batch(prompt))
        const after = trainer.weights()
        return [...weights.keys()].filter((key) => after.get(key)!.some((x, i) => x !== weights.get(key)![i]))
      }),
    )

  it('samples with the log-probabilities that scoring gives', () =>
    run(
      Effect.gen(function* () {
        const { checkpoint, weights, prompt, trainer } = yield* open(name)
        const wording = { endTokens: [], decode: () => '' }
        const generator = yield* makeGenerator(checkpoint.model, wording, cpu)
        const sampling = { temperature: 0.9, topP: 1, topK: 0, stop: [], seed: 3, n: 2, maxTokens: 6 }
        const [drawn = []] = yield* generator.generate(weights, [prompt], sampling)
        const completions = drawn.map((one) => one.tokens)
        const [scored = []] = yield* trainer.score([{ prompt, completions }], 0.9)
        const gaps = drawn.flatMap((one, i) =>
          one.logProbs.map((value, t) => Math.abs(value - scored[i]![t]!)),
        )
        expect(gaps).toHaveLength(12)
        expect(Math.max(...gaps)).toBeLessThan(1e-4)
      }),
    ))

  it('learns in every tensor, in the decoder only where the tower is frozen, or in its adapted weights', async () => {
    const { model } = await run(Effect.map(open(name), ({ checkpoint }) => checkpoint))
    const all = [...model.shapes.keys()]
    expect(await changed({})).toEqual(all)
    const decoder = all.filter((key) => !key.startsWith('model.visual.'))
    expect(await changed({ trainable: { freezeVision: true } })).toEqual(decoder)
    const adapted = all.filter((key) => /layers\.\d+\.(self_attn|mlp)\.\w+\.weight$/.test(key))
    expect(await changed({ trainable: { lora: { rank: 2, alpha: 4 } } })).toEqual(adapted)
  })
})
