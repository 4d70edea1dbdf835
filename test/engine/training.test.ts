import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { assert, describe, it } from '@effect/vitest'
import { Effect } from 'effect'
import { makeTrainer, type TrainingGroup, type UpdateBatch } from '../../engine/training/index.ts'
import { randomPrompt, randomTokens, tinyModel, tinyWeights } from './random-model.ts'

const model = tinyModel()
const initial = tinyWeights(model)
const cpu = { device: 'cpu', threads: 1 } as const

const groups: ReadonlyArray<TrainingGroup> = [1, 2, 3].map((seed) => ({
  prompt: randomPrompt(model, seed, { frames: seed, words: 3 * seed }),
  completions: [4, 7].map((length) => ({
    tokens: randomTokens(seed + length, length),
    advantage: length === 4 ? 1 : -1,
  })),
}))
const sft: UpdateBatch = { groups, loss: { kind: 'sft' }, learningRate: 1e-2 }
const grpo: UpdateBatch = {
  groups,
  loss: { kind: 'grpo', clipLow: 0.2, clipHigh: 0.28, beta: 0, maxTokens: 8 },
  learningRate: 1e-3,
}

const changed = (before: ReadonlyMap<string, Float32Array>, after: ReadonlyMap<string, Float32Array>) =>
  [...before].flatMap(([name, data]) => (data.every((x, i) => x === after.get(name)![i]) ? [] : [name]))

describe('training', () => {
  it.effect('learns the tokens it is shown and counts what it did', () =>
    Effect.gen(function* () {
      const trainer = yield* makeTrainer(model, initial, cpu)
      const first = yield* trainer.update(sft)
      for (let i = 0; i < 20; i++) yield* trainer.update(sft)
      const last = yield* trainer.update(sft)
      assert.isBelow(last.loss, first.loss / 2)
      assert.approximately(first.loss, -first.logProb, 1e-4)
      assert.strictEqual(first.tokens, 33)
      assert.strictEqual(first.completions, 6)
      assert.isAbove(first.gradNorm, 0)
      assert.strictEqual(changed(initial, trainer.weights()).length, initial.size)
    }).pipe(Effect.scoped),
  )

  it.effect('raises completions of positive advantage over those of negative', () =>
    Effect.gen(function* () {
      const trainer = yield* makeTrainer(model, initial, cpu)
      const asked = groups.map(({ prompt, completions }) => ({
        prompt,
        completions: completions.map(({ tokens }) => tokens),
      }))
      const gap = Effect.map(
        Effect.suspend(() => trainer.score(asked)),
        (scores) =>
          scores.reduce((sum, [good, bad]) => {
            const mean = (list: ReadonlyArray<number>) => list.reduce((a, b) => a + b, 0) / list.length
            return sum + mean(good!) - mean(bad!)
          }, 0),
      )
      const before = yield* gap
      const metrics = yield* trainer.update(grpo)
      for (let i = 0; i < 5; i++) yield* trainer.update(grpo)
      assert.isAbove(yield* gap, before + 0.1)
      assert.approximately(metrics.loss, 0, 1e-6)
      assert.strictEqual(metrics.ratio, 1)
      assert.isAbove(metrics.entropy, 0)
    }).pipe(Effect.scoped),
  )

  it.effect('gives the same step however the batch is cut', () =>
    Effect.gen(function* () {
      const whole = yield* makeTrainer(model, initial, cpu)
      const cut = yield* makeTrainer(model, initial, { ...cpu, microBatchTokens: 1 })
      const one = yield* whole.update({ ...grpo, maxGradNorm: 0.1 })
      const two = yield* cut.update({ ...grpo, maxGradNorm: 0.1 })
      assert.strictEqual(one.microBatches, 1)
      assert.strictEqual(two.microBatches, 3)
      assert.approximately(one.loss, two.loss, 1e-6)
      assert.approximately(one.gradNorm, two.gradNorm, 1e-5 * one.gradNorm)
    }).pipe(Effect.scoped),
  )

  it.effect('starts every step at zero: a batch without video has no gradient of the vision tower', () =>
    Effect.gen(function* () {
      const textOnly: UpdateBatch['groups'] = [
        { prompt: randomPrompt(model, 9, { frames: 0, words: 9 }), completions: [{ tokens: [3, 4, 5] }] },
      ]
      const still = { loss: { kind: 'sft' }, learningRate: 0, maxGradNorm: Infinity } as const
      const textBatch: UpdateBatch = { ...still, groups: textOnly }
      const norms = (batches: ReadonlyArray<UpdateBatch>) =>
        Effect.gen(function* () {
          const trainer = yield* makeTrainer(model, initial, { ...cpu, microBatchTokens: 1 })
          return yield* Effect.forEach(batches, (batch) =>
            Effect.map(trainer.update(batch), ({ gradNorm }) => gradNorm),
          )
        })
      const [alone] = yield* norms([textBatch])
      const [, after] = yield* norms([{ ...still, groups }, textBatch])
      assert.strictEqual(after, alone)
      // Text and video in micro-batches of their own, in both orders, three times over.
      for (const mixed of [
        [...textOnly, ...groups],
        [...groups, ...textOnly],
      ]) {
        const batch: UpdateBatch = { ...still, groups: mixed }
        const [first, second, third] = yield* norms([batch, batch, batch])
        assert.strictEqual(second, first)
        assert.strictEqual(third, first)
      }
    }).pipe(Effect.scoped),
  )

  it.effect('continues from a snapshot to the bit, also in another trainer', () =>
    Effect.gen(function* () {
      const folder = mkdtempSync(path.join(tmpdir(), 'spanwise-state-'))
      const [state, end, again] = ['a', 'b', 'c'].map((name) => path.join(folder, name))
      const options = { ...cpu, threads: 2 }
      const trainer = yield* makeTrainer(model, initial, options)
      yield* trainer.update(sft)
      yield* trainer.snapshot(state!)
      yield* trainer.update(grpo)
      const direct = yield* trainer.update(sft)
      yield* trainer.snapshot(end!)
      const resumed = yield* makeTrainer(model, initial, options)
      yield* resumed.restore(state!)
      yield* resumed.update(grpo)
      assert.strictEqual((yield* resumed.update(sft)).loss, direct.loss)
      yield* resumed.snapshot(again!)
      assert.isTrue(readFileSync(again!).equals(readFileSync(end!)))
      // A state of another model, or of other weights that learn, and a damaged one, change nothing.
      const frozen = yield* makeTrainer(model, initial, { ...cpu, trainable: { freezeVision: true } })
      const other = yield* Effect.flip(frozen.restore(state!))
      assert.match(other.message, /does not match the model and its trained weights \(weight:model\.visual/)
      const bytes = readFileSync(state!)
      bytes[bytes.length - 9]! ^= 1
      writeFileSync(state!, bytes)
      yield* Effect.flip(resumed.restore(state!))
      yield* resumed.snapshot(again!)
      assert.isTrue(readFileSync(again!).equals(readFileSync(end!)))
      rmSync(folder, { recursive: true })
    }).pipe(Effect.scoped),
  )

  it.effect('leaves a frozen vision tower as it was', () =>
    Effect.gen(function* () {
      const trainer = yield* makeTrainer(model, initial, { ...cpu, trainable: { freezeVision: true } })
      yield* trainer.update(sft)
      const names = changed(initial, trainer.weights())
      assert.isAbove(names.length, 0)
      assert.isTrue(names.every((name) => !name.startsWith('model.visual.')))
    }).pipe(Effect.scoped),
  )

  it.effect('trains adapters that start at nothing and fold into the weights they adapt', () =>
    Effect.gen(function* () {
      const trainer = yield* makeTrainer(model, initial, {
        ...cpu,
        trainable: { lora: { rank: 2, alpha: 4, targets: ['q_proj', 'down_proj'] } },
      })
      const base = yield* makeTrainer(model, initial, cpu)
      const first = yield* trainer.update(sft)
      assert.approximately(first.loss, (yield* base.update(sft)).loss, 1e-6)
      for (let i = 0; i < 10; i++) yield* trainer.update(sft)
      const last = yield* trainer.update({ ...sft, learningRate: 0 })
      assert.isBelow(last.loss, first.loss)
      const names = changed(initial, trainer.weights())
      assert.strictEqual(names.length, 2 * model.text.layers)
      assert.isTrue(names.every((name) => /(q_proj|down_proj)\.weight$/.test(name)))
      // The folded weights give the loss that the adapters gave.
      const folded = yield* makeTrainer(model, trainer.weights(), cpu)
      assert.approximately((yield* folded.update(sft)).loss, last.loss, 1e-4)
    }).pipe(Effect.scoped),
  )

  it.effect('refuses a batch that does not fit its loss and stays as it was', () =>
    Effect.gen(function* () {
      const trainer = yield* makeTrainer(model, initial, cpu)
      const bare = groups.map(({ prompt }) => ({ prompt, completions: [{ tokens: [1, 2] }] }))
      const error = yield* Effect.flip(trainer.update({ ...grpo, groups: bare }))
      assert.match(error.message, /group 0, completion 0: loss grpo needs a finite advantage/)
      const short = [{ prompt: groups[0]!.prompt, completions: [{ tokens: [1, 2], lossMask: [1] }] }]
      const other = yield* Effect.flip(trainer.update({ ...sft, groups: short }))
      assert.match(other.message, /lossMask has 1 entries for 2 tokens/)
      assert.deepEqual(changed(initial, trainer.weights()), [])
    }).pipe(Effect.scoped),
  )
})
