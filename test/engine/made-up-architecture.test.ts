import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Effect } from 'effect'
import { afterAll, expect, test, vi } from 'vitest'
import type { Checkpoint } from '../../engine/checkpoint/index.ts'
import { folderOf } from './goldens.ts'

// The one line: everything else of the architecture is its file.
vi.resetModules()
vi.doMock('../../engine/architectures/catalogue.ts', async (original) => ({
  architectures: {
    ...(await original<typeof import('../../engine/architectures/catalogue.ts')>()).architectures,
    made_up: (await import('./made-up-architecture.ts')).madeUp,
  },
}))
const { initialWeights, preprocessing, readPreprocessing, writeCheckpoint } = await import(
  '../../engine/checkpoint/index.ts'
)
const { processMessages } = await import('../../engine/processor/index.ts')
const { localEngine } = await import('../../engine/worker/index.ts')
afterAll(() => {
  vi.doUnmock('../../engine/architectures/catalogue.ts')
  vi.resetModules()
})

/** A folder of the architecture: another model's tokenizer, new sizes and random weights. */
const write = async (folder: string) => {
  const other = await Effect.runPromise(readPreprocessing(folderOf('qwen2vl/qwen2-vl')))
  const { image, video, visionStart, visionEnd } = other.model.tokens
  const config = {
    ...{ model_type: 'made_up', width: 24, words: other.model.text.vocabSize, patch: 4 },
    ...{ image_token_id: image, video_token_id: video },
    ...{ vision_start_token_id: visionStart, vision_end_token_id: visionEnd },
  }
  const files = new Map(other.files)
  files.set('config.json', JSON.stringify(config))
  files.set('preprocessor_config.json', JSON.stringify({ patch_size: 4, merge_size: 1 }))
  const rest = preprocessing(folder, files)
  const tensors = initialWeights(rest.model, 'made up')
  const shards = new Map(Array.from(tensors.keys(), (name) => [name, 'model.safetensors']))
  const stored = new Map([['model.visual.projector.weight', 'eye.weight']])
  const checkpoint: Checkpoint = { ...rest, tensors, shards, stored }
  await Effect.runPromise(writeCheckpoint(folder, checkpoint))
}

test('an architecture of one file and one catalogue line is read, runs, learns and is saved', async () => {
  const root = mkdtempSync(path.join(tmpdir(), 'spanwise-made-up-'))
  try {
    const folder = path.join(root, 'model')
    await write(folder)
    await Effect.runPromise(
      Effect.gen(function* () {
        const checkpoint = yield* readPreprocessing(folder)
        const engine = yield* localEngine({ checkpoint: folder, device: 'cpu', threads: 1 })
        const clip = {
          ...{ width: 8, height: 4, times: Float64Array.of(0, 1, 2, 3) },
          rgb: Uint8Array.from({ length: 4 * 8 * 4 * 3 }, (_, i) => (37 * i) % 256),
        }
        const prompt = processMessages(checkpoint, [{ role: 'user', content: [{ type: 'video', clip }] }])
        expect(prompt.grids).toEqual([[2, 1, 2]])
        const completions = [{ tokens: checkpoint.tokenizer.encode('From 1.2 to 10.5') }]
        const batch = {
          groups: [{ prompt, completions }],
          loss: { kind: 'sft' },
          learningRate: 0.01,
        } as const
        const losses: Array<number> = []
        for (let step = 0; step < 12; step++) losses.push((yield* engine.update(batch)).loss)
        expect(losses.at(-1)!).toBeLessThan(losses[0]! / 2)
        const tokens = completions.map((one) => one.tokens)
        const scored = yield* engine.score([{ prompt, completions: tokens }])
        const greedy = { temperature: 1, topP: 1, topK: 0, stop: [], seed: 1, greedy: true, n: 1 }
        const [[reply] = []] = yield* engine.generate([prompt], { ...greedy, maxTokens: 4 })
        const [[again] = []] = yield* engine.score([{ prompt, completions: [reply!.tokens] }])
        reply!.logProbs.forEach((logProb, i) => {
          expect(again![i]!).toBeCloseTo(logProb, 4)
        })
        const saved = path.join(root, 'saved')
        yield* engine.save(saved)
        const other = yield* localEngine({ checkpoint: saved, device: 'cpu', threads: 1 })
        expect(yield* other.score([{ prompt, completions: tokens }])).toEqual(scored)
      }).pipe(Effect.scoped),
    )
  } finally {
    rmSync(root, { recursive: true })
  }
})
