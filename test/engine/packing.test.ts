import { assert, describe, it } from '@effect/vitest'
import { Effect } from 'effect'
import * as fc from 'fast-check'
import { causalMask } from '../../engine/attention.ts'
import { layoutTokens } from '../../engine/layout.ts'
import type { LossSettings, TrainingGroup } from '../../engine/training/batch.ts'
import { causalOf } from '../../engine/training/feeds.ts'
import { microBatches } from '../../engine/training/micro-batches.ts'
import { pack } from '../../engine/training/packing.ts'
import { lossAndGradients, relativeDifference } from './packed-run.ts'
import { randomPrompt, randomTokens, tinyModel, tinyWeights } from './random-model.ts'

const model = tinyModel()

/** Groups of unequal prompts, completion counts and lengths; with and without video; old and reference log-probabilities. */
const groups: ReadonlyArray<TrainingGroup> = [
  { prompt: randomPrompt(model, 1), lengths: [4, 9, 3] },
  { prompt: randomPrompt(model, 2, { frames: 2, words: 7 }), lengths: [1, 12] },
  { prompt: randomPrompt(model, 3, { frames: 0, words: 4 }), lengths: [5, 2] },
].map(({ prompt, lengths }, g) => ({
  prompt,
  completions: lengths.map((length, c) => ({
    tokens: randomTokens(10 * g + c, length),
    lossMask: randomTokens(c, length).map((_, t) => (c === 1 && t < 2 ? 0 : 1)),
    advantage: c - 0.7 * g - 0.4,
    weight: c === 0 ? 0.5 : 1,
    ...(g === 1 ? {} : { oldLogProbs: randomTokens(c, length).map((token) => -3.5 - token / 60) }),
    refLogProbs: randomTokens(c + 5, length).map((token) => -3.5 - token / 60),
  })),
}))

/** The same completions, each behind a prompt of its own. */
const apart = groups.flatMap(({ prompt, completions }) =>
  completions.map((completion) => ({ prompt, completions: [completion] })),
)

const losses: ReadonlyArray<LossSettings> = [
  { kind: 'sft' },
  { kind: 'grpo', clipLow: 0.2, clipHigh: 0.28, beta: 0.04, maxTokens: 16 },
  { kind: 'gspo', clipLow: 0.2, clipHigh: 0.28, beta: 0, maxTokens: 16 },
]

describe('packing', () => {
  for (const loss of losses) {
    it.effect(`gives the loss and gradients of separate sequences (${loss.kind})`, () =>
      Effect.gen(function* () {
        const weights = tinyWeights(model)
        const packed = yield* lossAndGradients(model, weights, groups, loss, { temperature: 0.8 })
        // A budget of one token makes every sequence a micro-batch of its own.
        const plain = yield* lossAndGradients(model, weights, apart, loss, {
          temperature: 0.8,
          tokenBudget: 1,
        })
        assert.approximately(packed.loss, plain.loss, 1e-5 * Math.abs(plain.loss))
        assert.strictEqual(packed.gradients.size, weights.size)
        for (const [name, gradient] of plain.gradients) {
          assert.isBelow(relativeDifference(gradient, packed.gradients.get(name)!), 1e-5, name)
        }
      }).pipe(Effect.scoped),
    )
  }

  for (const tied of [true, false])
    it.effect(`gives the same in blocks of the vocabulary, ${tied ? 'tied' : 'untied'}`, () =>
      Effect.gen(function* () {
        const [other, weights] = [tinyModel(tied), tinyWeights(tinyModel(tied))]
        for (const loss of losses) {
          const [whole, blocks] = yield* Effect.forEach([undefined, 20], (block) =>
            lossAndGradients(other, weights, groups, loss, {
              temperature: 0.8,
              ...(block === undefined ? {} : { block }),
            }),
          )
          assert.approximately(blocks!.loss, whole!.loss, 2e-6 * (1 + Math.abs(whole!.loss)))
          blocks!.logProbs.flat(2).forEach((value, index) => {
            assert.approximately(value, whole!.logProbs.flat(2)[index]!, 5e-6)
          })
          for (const [name, gradient] of whole!.gradients)
            assert.isBelow(relativeDifference(gradient, blocks!.gradients.get(name)!), 1e-5, name)
        }
      }).pipe(Effect.scoped),
    )

  it.effect(
    'gives the loss and gradients of separate prompts for a conversation to which frames are added',
    () =>
      Effect.gen(function* () {
        const weights = tinyWeights(model)
        const first = randomPrompt(model, 4, { frames: 2 })
        const added = randomPrompt(model, 5, { frames: 3 })
        const replies = [randomTokens(1, 4), randomTokens(2, 6)] as const
        const from = first.inputIds.length
        const ids = [...first.inputIds, ...replies[0], ...added.inputIds]
        const grids = [...first.grids, ...added.grids]
        const placed = (all: ReadonlyArray<number>) =>
          model.positions(
            all,
            grids.map((grid) => ({ grid, secondsPerPair: 1 })),
          )
        const second = {
          ...{ text: '', grids, inputIds: Int32Array.from(ids), positions: placed(ids) },
          pixels: Float32Array.from([...first.pixels, ...added.pixels]),
          visual: Int32Array.from(ids.flatMap((id, at) => (id === model.tokens.video ? [at] : []))),
        }
        const tokens = [...replies[0], ...added.inputIds, ...replies[1]]
        const all = placed([...first.inputIds, ...tokens])
        const length = from + tokens.length
        const conversation = {
          tokens,
          lossMask: tokens.map((_, at) => (at < 4 || at >= tokens.length - 6 ? 1 : 0)),
          clips: {
            ...{ pixels: added.pixels, grids: added.grids },
            visual: added.visual.map((place) => place + 4),
            positions: Int32Array.from(
              [0, 1, 2].flatMap((axis) => [...all.subarray(axis * length + from, (axis + 1) * length)]),
            ),
          },
        }
        const plain = randomPrompt(model, 6, { frames: 1 })
        const other = { prompt: plain, completions: [{ tokens: randomTokens(3, 5) }] }
        const loss = { kind: 'sft' } as const
        const packed = yield* lossAndGradients(
          model,
          weights,
          // A second completion without video, and a second row, must not be disturbed.
          [{ prompt: first, completions: [conversation, { tokens: randomTokens(7, 3) }] }, other],
          loss,
        )
        const apartOnes = yield* lossAndGradients(
          model,
          weights,
          [
            { prompt: first, completions: [{ tokens: replies[0] }, { tokens: randomTokens(7, 3) }] },
            { prompt: second, completions: [{ tokens: replies[1] }] },
            other,
          ],
          loss,
          { tokenBudget: 1 },
        )
        assert.approximately(packed.loss, apartOnes.loss, 1e-5 * apartOnes.loss)
        for (const [name, gradient] of apartOnes.gradients)
          assert.isBelow(relativeDifference(gradient, packed.gradients.get(name)!), 1e-5, name)
      }).pipe(Effect.scoped),
  )

  it('places prompt, completions and targets', () => {
    const [prompt] = [randomPrompt(model, 1, { frames: 1, words: 2 })]
    const group = { prompt, completions: [{ tokens: [7, 8, 9], lossMask: [0, 1, 1] }, { tokens: [5] }] }
    const [batch] = microBatches([group], 100)
    const packed = pack(model, [group], batch!.groups, batch!.layout)
    const { layout } = packed
    assert.deepEqual([layout.prompt, layout.group, layout.completion, layout.targets], [16, 2, 8, 4])
    const ids = Array.from(packed.ids, Number)
    const last = prompt.inputIds.at(-1)!
    assert.deepEqual(ids.slice(0, 6), [...prompt.inputIds.subarray(0, 5), 0])
    assert.deepEqual(ids.slice(16, 20), [last, 7, 8, 0])
    assert.deepEqual(ids.slice(24, 26), [last, 0])
    // The masked first token has no slot; each other is predicted from the place before it.
    assert.deepEqual(Array.from(packed.targetIds, Number), [8, 9, 0, 0, 5, 0, 0, 0])
    assert.deepEqual(Array.from(packed.targetRows, Number), [1, 2, 0, 3, 8, 9, 10, 11])
    // Both completions take up the prompt's positions.
    const half = model.text.headDim / 2
    const row = (at: number) => Array.from(packed.cos.subarray(at * half, (at + 1) * half))
    assert.deepEqual(row(16), row(24))
    assert.notDeepEqual(row(16), row(17))
  })

  it('keeps the causal masks of short sequences only', () => {
    assert.strictEqual(causalOf(64), causalOf(64))
    assert.notStrictEqual(causalOf(1024), causalOf(1024))
    assert.deepStrictEqual(causalOf(1024), causalMask(1024))
  })

  it('cuts a batch into micro-batches that hold every group once and keep to the budget', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            frames: fc.integer({ min: 0, max: 3 }),
            words: fc.integer({ min: 1, max: 30 }),
            lengths: fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 4 }),
          }),
          { minLength: 1, maxLength: 8 },
        ),
        fc.integer({ min: 1, max: 400 }),
        (shapes, budget) => {
          const batch = shapes.map(({ frames, words, lengths }, seed) => ({
            prompt: randomPrompt(model, seed, { frames, words }),
            completions: lengths.map((length) => ({ tokens: randomTokens(seed, length) })),
          }))
          const cut = microBatches(batch, budget)
          assert.deepEqual(
            cut.flatMap((one) => one.groups).toSorted((a, b) => a - b),
            batch.map((_, index) => index),
          )
          for (const { layout, groups: members } of cut) {
            assert.isTrue(members.length === 1 || layoutTokens(layout) <= budget)
            for (const member of members) {
              const { prompt, completions } = batch[member]!
              assert.isAtMost(prompt.inputIds.length - 1, layout.prompt)
              assert.isAtMost(completions.length, layout.group)
              assert.isTrue(completions.every(({ tokens }) => tokens.length <= layout.completion))
              assert.strictEqual(layout.height, prompt.grids.length === 0 ? 0 : 2)
            }
          }
        },
      ),
      { numRuns: 50 },
    )
  })
})
