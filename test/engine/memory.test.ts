import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { assert, describe, it } from '@effect/vitest'
import { Effect } from 'effect'
import { realSizes } from '../../bench/engine/real-model.ts'
import { architectures } from '../../engine/architectures/index.ts'
import { memoryNeeded, requireMemory } from '../../engine/memory.ts'
import { spanwise } from '../cli/command-line.ts'

/** A config.json of the published layout, alone in a folder: nothing else may be needed for a refusal. */
const folderOf = (config: object) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'spanwise-memory-'))
  writeFileSync(path.join(folder, 'config.json'), JSON.stringify(config))
  return folder
}

const published = (size: keyof typeof realSizes, text: object = {}) => {
  const sizes = realSizes[size]
  return {
    model_type: 'qwen3_vl',
    tie_word_embeddings: size !== '8b',
    text_config: {
      vocab_size: 151_936,
      hidden_size: sizes.text.hiddenSize,
      intermediate_size: sizes.text.intermediateSize,
      num_hidden_layers: sizes.text.layers,
      num_attention_heads: sizes.text.heads,
      num_key_value_heads: sizes.text.kvHeads,
      head_dim: sizes.text.headDim,
      ...text,
    },
    vision_config: {
      depth: sizes.vision.depth,
      hidden_size: sizes.vision.hiddenSize,
      intermediate_size: sizes.vision.intermediateSize,
      num_heads: sizes.vision.heads,
      out_hidden_size: sizes.text.hiddenSize,
      num_position_embeddings: sizes.vision.side ** 2,
      deepstack_visual_indexes: sizes.vision.deepstack,
    },
  }
}

describe('a model that does not fit the memory', () => {
  const [twoB, eightB] = (['2b', '8b'] as const).map((size) =>
    architectures.qwen3_vl.model.parse(published(size)),
  )

  it('needs its weights as float32, and four more copies and a spare where it learns', () => {
    assert.approximately(memoryNeeded(twoB!, 'inference') / 1e9, 9.6, 0.05)
    assert.approximately(memoryNeeded(eightB!, 'inference') / 1e9, 36.1, 0.05)
    assert.approximately(memoryNeeded(twoB!, 'training') / 1e9, 65.8, 0.05)
    const frozen = memoryNeeded(twoB!, 'training', { freezeVision: true })
    assert.isBelow(frozen, memoryNeeded(twoB!, 'training'))
    assert.isBelow(memoryNeeded(twoB!, 'training', { lora: { rank: 8, alpha: 16 } }), frozen / 2)
  })

  it.effect('is refused from its config.json alone, with the figure and the remedy', () =>
    Effect.gen(function* () {
      const folder = folderOf(published('8b'))
      const atHand = 24e9
      const error = yield* Effect.flip(requireMemory(folder, { atHand }))
      assert.strictEqual(
        error.message,
        `${folder}: needs 36.1 GB of memory for inference, 24.0 GB are free; serve it elsewhere and ask it with --backend openai, or take a smaller model`,
      )
      const training = yield* Effect.flip(
        requireMemory(folderOf(published('2b')), { atHand, purpose: 'training' }),
      )
      assert.match(training.message, /needs 65\.8 GB of memory for training/)
      yield* requireMemory(folderOf(published('2b')), { atHand })
    }),
  )

  it.live.each([
    ['score', ['--video', 'none.mp4', '--query', 'x', '--completion', 'x'], '--backend openai'],
    ['train', ['sft', '--dataset', 'shapes', '--videos', '.', '--data', 'own.jsonl'], 'train adapters'],
  ] as const)('ends %s at once', ([command, flags, remedy]) =>
    Effect.gen(function* () {
      // Terabytes: more than any machine that runs this test has.
      const folder = folderOf(published('8b', { num_hidden_layers: 1000, intermediate_size: 200_000 }))
      const row = {
        id: 'a',
        dataset: 'shapes',
        split: 'train',
        task: 'grounding',
        video: 'none',
        file: 'none.mp4',
      }
      const asked = { duration: 8, query: 'a door opens', windows: [[1, 3]] }
      writeFileSync(path.join(folder, 'own.jsonl'), `${JSON.stringify({ ...row, ...asked })}\n`)
      writeFileSync(path.join(folder, 'none.mp4'), '')
      const { code, err } = yield* spanwise(folder, command, ...flags, '--model', folder)
      assert.strictEqual(code, 2)
      assert.match(err, /needs \d{4,}\.\d GB of memory for (inference|training), /)
      assert.include(err, remedy)
      assert.lengthOf(err.trim().split('\n'), 1)
    }),
  )
})
