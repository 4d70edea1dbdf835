import { assert, describe, it } from '@effect/vitest'
import { Effect } from 'effect'
import { readCheckpoint } from '../../engine/checkpoint/index.ts'
import { makeGenerator } from '../../engine/generate/index.ts'
import { processMessages } from '../../engine/processor/index.ts'
import { gradientPrefix } from '../../engine/training/graphs.ts'
import { expectedTensors, folderOf, golden, goldenNames, messagesOf } from './goldens.ts'
import { lossAndGradients, relativeDifference } from './packed-run.ts'

/** What torch and transformers computed without packing or a shared cache, from fixtures. */
describe.each(goldenNames)('compared with transformers, the checkpoint %s', (name) => {
  const expected = golden(name)
  const load = Effect.gen(function* () {
    const checkpoint = yield* readCheckpoint(folderOf(name))
    return { checkpoint, weights: new Map([...checkpoint.tensors].map(([key, { data }]) => [key, data])) }
  })

  it.effect('has the same GRPO loss, log-probabilities and gradients when its group is packed', () =>
    Effect.gen(function* () {
      const { checkpoint, weights } = yield* load
      const { grpo } = expected
      const prompt = processMessages(checkpoint, messagesOf(expected, 0), {
        addGenerationPrompt: expected.cases[0]!.generate,
      })
      const { clipLow, clipHigh, beta } = grpo
      const loss = { kind: 'grpo', clipLow, clipHigh, beta, maxTokens: 16 } as const
      const groups = [{ prompt, completions: grpo.completions }]
      const packed = yield* lossAndGradients(checkpoint.model, weights, groups, loss)
      assert.approximately(packed.loss, grpo.loss, 1e-5)
      grpo.completions.forEach(({ logProbs }, c) => {
        logProbs.forEach((logProb, t) => {
          assert.approximately(packed.logProbs[0]![c]![t]!, logProb, 1e-4)
        })
      })
      const wanted = yield* Effect.promise(() => expectedTensors(name, 'gradients'))
      assert.strictEqual(wanted.size, packed.gradients.size)
      for (const [weight, { data }] of wanted) {
        const whole = packed.gradients.get(gradientPrefix + weight)!
        const gradient = whole.filter((_, index) => index % expected.strides.gradients === 0)
        assert.isBelow(relativeDifference(Float64Array.from(data), gradient), 1e-3, weight)
      }
    }).pipe(Effect.scoped),
  )

  it.effect('continues greedily with the same tokens from the shared cache', () =>
    Effect.gen(function* () {
      const { checkpoint, weights } = yield* load
      const wording = { endTokens: [], decode: () => '' }
      const generator = yield* makeGenerator(checkpoint.model, wording, { device: 'cpu', threads: 1 })
      for (const [number, { greedy, generate }] of expected.cases.entries()) {
        // The golden run was not allowed to end; where ending is likeliest the rest says nothing.
        if (greedy === undefined) continue
        const prompt = processMessages(checkpoint, messagesOf(expected, number), {
          addGenerationPrompt: generate,
        })
        // Clips of two frame sizes in one prompt are refused.
        if (new Set(prompt.grids.map(([, h, w]) => `${h}x${w}`)).size > 1) continue
        const settings = { temperature: 1, topP: 1, topK: 0, stop: [], seed: 1, greedy: true, n: 2 }
        const [samples] = yield* generator.generate(weights, [prompt], {
          ...settings,
          maxTokens: greedy.length,
        })
        for (const { tokens } of samples!) {
          const ends = tokens.findIndex((token) => checkpoint.generation.eosTokenIds.includes(token))
          const upTo = ends < 0 ? greedy.length : ends
          assert.isAbove(upTo, 0)
          assert.deepEqual(tokens.slice(0, upTo), greedy.slice(0, upTo))
        }
      }
    }).pipe(Effect.scoped),
  )
})
