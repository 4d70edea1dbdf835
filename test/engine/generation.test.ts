import { assert, describe, it } from '@effect/vitest'
import { Effect } from 'effect'
import * as fc from 'fast-check'
import { random } from '../../core/index.ts'
import { textPositions } from '../../engine/architectures/index.ts'
import { makeGenerator, type Sampling } from '../../engine/generate/index.ts'
import { drawToken } from '../../engine/generate/sampler.ts'
import { findStop, finishOf } from '../../engine/generate/stopping.ts'
import type { ProcessedPrompt } from '../../engine/processor/index.ts'
import { makeTrainer } from '../../engine/training/index.ts'
import { randomPrompt, tinyModel, tinyWeights } from './random-model.ts'

const none: ReadonlySet<number> = new Set()
const plain = { temperature: 1, topP: 1, topK: 0 }

describe('drawToken', () => {
  /** The softmax of logits at a temperature. */
  const softmax = (logits: ReadonlyArray<number>, temperature = 1) => {
    const weights = logits.map((logit) => Math.exp(logit / temperature))
    const total = weights.reduce((a, b) => a + b, 0)
    return Float32Array.from(weights, (weight) => weight / total)
  }
  const logits = [0.5, 2, -1, 2, 1]

  it('takes the likeliest allowed token when greedy and reports its share of the whole', () => {
    const drawn = drawToken(softmax(logits), 0, 5, { ...plain, greedy: true }, new Set([1, 3]), random(1))
    const total = logits.reduce((sum, logit) => sum + Math.exp(logit), 0)
    assert.strictEqual(drawn.token, 4)
    assert.approximately(drawn.logProb, 1 - Math.log(total), 1e-6)
  })

  it('never draws a banned token or one outside top-k and top-p, whatever the logits', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -20, max: 20 }), { minLength: 4, maxLength: 12 }),
        fc.integer({ min: 1, max: 4 }),
        fc.double({ min: 0.05, max: 1, noNaN: true }),
        fc.integer(),
        (values, topK, topP, seed) => {
          const scores = values.map((value) => value / 4)
          const shares = softmax(scores, 0.7)
          const banned = new Set([0])
          const { token } = drawToken(
            shares,
            0,
            values.length,
            { temperature: 0.7, topP, topK },
            banned,
            random(seed),
          )
          assert.isFalse(banned.has(token))
          const allowed = scores.map((score, i) => ({ score, i })).filter(({ i }) => !banned.has(i))
          const better = allowed.filter(({ score }) => score > scores[token]!)
          assert.isBelow(better.length, topK)
          // Top-k keeps every token as likely as the k-th, as transformers' warper does.
          const last = allowed.toSorted((a, b) => b.score - a.score)[topK - 1]?.score ?? -Infinity
          const kept = allowed.filter(({ score }) => score >= last)
          const share = (list: typeof allowed) =>
            list.reduce((sum, { score }) => sum + Math.exp(score / 0.7), 0)
          assert.isBelow(share(better) / share(kept), topP + 1e-6)
        },
      ),
    )
  })

  it('draws in proportion to the tempered softmax', () => {
    const source = random('shares')
    const counts = new Array<number>(5).fill(0)
    const rounds = 20_000
    for (let i = 0; i < rounds; i++)
      counts[drawToken(softmax(logits, 2), 0, 5, { ...plain, temperature: 2 }, none, source).token]!++
    const weights = logits.map((logit) => Math.exp(logit / 2))
    const total = weights.reduce((a, b) => a + b, 0)
    counts.forEach((count, i) => {
      const share = weights[i]! / total
      assert.approximately(count / rounds, share, 5 * Math.sqrt((share * (1 - share)) / rounds))
    })
  })
})

describe('stopping', () => {
  const decode = (tokens: ReadonlyArray<number>) =>
    tokens.map((token) => String.fromCharCode(64 + token)).join('')
  const rule = { endTokens: new Set([26]), stop: ['</a>', 'CD'], maxTokens: 5, decode }
  it('stops at an end token, at a stop text, or at the limit', () => {
    assert.strictEqual(finishOf([1, 26], rule), 'stop')
    assert.strictEqual(finishOf([1, 3, 4], rule), 'stop')
    assert.strictEqual(finishOf([1, 3], rule), undefined)
    assert.strictEqual(finishOf([1, 1, 1, 1, 1], rule), 'length')
    assert.strictEqual(findStop('xCDy</a>', rule.stop), 1)
  })
})

const model = tinyModel(false)
const weights = tinyWeights(model)
const wording = { endTokens: [5], decode: (tokens: ReadonlyArray<number>) => tokens.join(' ') }
const cpu = { device: 'cpu', threads: 1 } as const
const prompts = [
  randomPrompt(model, 1),
  randomPrompt(model, 2, { frames: 2, words: 30 }),
  randomPrompt(model, 3, { frames: 0, words: 3 }),
]
const sampling: Sampling = { ...plain, temperature: 0.9, maxTokens: 20, stop: [], seed: 3, n: 3 }

/** A prompt with more text tokens behind it. */
const extended = (prompt: ProcessedPrompt, tokens: ReadonlyArray<number>): ProcessedPrompt => {
  const before = prompt.inputIds.length
  const added = textPositions(prompt.positions[before - 1]! + 1, tokens.length)
  const positions = new Int32Array(3 * (before + tokens.length))
  for (let axis = 0; axis < 3; axis++) {
    const at = axis * (before + tokens.length)
    positions.set(prompt.positions.subarray(axis * before, (axis + 1) * before), at)
    positions.set(added.subarray(axis * tokens.length, (axis + 1) * tokens.length), at + before)
  }
  return { ...prompt, inputIds: Int32Array.from([...prompt.inputIds, ...tokens]), positions }
}

describe('generation', () => {
  it.effect('reports the log-probabilities that scoring gives, and ends at the end token', () =>
    Effect.gen(function* () {
      const generator = yield* makeGenerator(model, wording, cpu)
      const trainer = yield* makeTrainer(model, weights, cpu)
      const drawn = yield* generator.generate(weights, prompts, sampling)
      const groups = prompts.map((prompt, i) => ({
        prompt,
        completions: drawn[i]!.map(({ tokens }) => tokens),
      }))
      const scores = yield* trainer.score(groups, sampling.temperature)
      drawn.forEach((samples, i) => {
        assert.strictEqual(samples.length, sampling.n)
        samples.forEach(({ tokens, logProbs, finish }, s) => {
          const end = tokens.indexOf(5)
          assert.strictEqual(finish, end >= 0 ? 'stop' : 'length')
          assert.strictEqual(tokens.length, end >= 0 ? end + 1 : sampling.maxTokens)
          assert.isTrue(tokens.every((token) => token < 60))
          logProbs.forEach((logProb, t) => {
            assert.approximately(logProb, scores[i]![s]![t]!, 1e-4)
          })
        })
      })
    }).pipe(Effect.scoped),
  )

  it.effect('gives each sample the same tokens in whatever batch, and packed weights as passed ones', () =>
    Effect.gen(function* () {
      const generator = yield* makeGenerator(model, wording, cpu)
      const narrow = yield* makeGenerator(model, wording, {
        ...cpu,
        weightsAs: 'inputs',
        limits: { sequences: 1, tokens: 1 },
      })
      const tokensOf = (drawn: ReadonlyArray<ReadonlyArray<{ tokens: ReadonlyArray<number> }>>) =>
        drawn.map((samples) => samples.map(({ tokens }) => tokens))
      const together = yield* generator.generate(weights, prompts, sampling)
      const apart = yield* narrow.generate(weights, prompts, sampling)
      assert.deepEqual(tokensOf(together), tokensOf(apart))
    }).pipe(Effect.scoped),
  )

  it.effect('continues greedily as recomputing the whole sequence does', () =>
    Effect.gen(function* () {
      const generator = yield* makeGenerator(model, { ...wording, endTokens: [] }, cpu)
      const greedy = { ...sampling, greedy: true, n: 1, maxTokens: 12 }
      const drawn = yield* generator.generate(weights, prompts, greedy)
      for (let length = 0; length < greedy.maxTokens; length++) {
        const longer = prompts.map((prompt, i) => extended(prompt, drawn[i]![0]!.tokens.slice(0, length)))
        const next = yield* generator.generate(weights, longer, { ...greedy, maxTokens: 1 })
        next.forEach(([one], i) => {
          assert.strictEqual(one!.tokens[0], drawn[i]![0]!.tokens[length])
        })
      }
    }).pipe(Effect.scoped),
  )

  it.effect('uses the weights it is given', () =>
    Effect.gen(function* () {
      const generator = yield* makeGenerator(model, wording, cpu)
      const other = tinyWeights(model, 2)
      const first = yield* generator.generate(weights, prompts, sampling)
      const second = yield* generator.generate(other, prompts, sampling)
      const again = yield* generator.generate(weights, prompts, sampling)
      assert.notDeepEqual(first, second)
      assert.deepEqual(first, again)
    }).pipe(Effect.scoped),
  )

  it.effect('fails where the weights give no probabilities', () =>
    Effect.gen(function* () {
      const generator = yield* makeGenerator(model, wording, cpu)
      const broken = new Map([...weights].map(([name, data]) => [name, data.slice().fill(Number.NaN)]))
      const error = yield* Effect.flip(generator.generate(broken, prompts, sampling))
      assert.strictEqual(error.message, 'generate: the logits are not finite')
    }).pipe(Effect.scoped),
  )

  it.effect('refuses settings outside their range', () =>
    Effect.gen(function* () {
      const generator = yield* makeGenerator(model, wording, cpu)
      const error = yield* Effect.flip(generator.generate(weights, prompts, { ...sampling, topP: 0 }))
      assert.match(error.message, /topP must be in \(0, 1\], not 0/)
    }).pipe(Effect.scoped),
  )
})
