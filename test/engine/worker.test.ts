import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { assert, describe, it } from '@effect/vitest'
import { Effect, Layer } from 'effect'
import { Engine, engineLayer, localEngineLayer } from '../../engine/index.ts'
import type { ProcessedPrompt } from '../../engine/processor/index.ts'

const checkpoint = fileURLToPath(new URL('../fixtures/qwen3vl/tied', import.meta.url))
const options = { checkpoint, device: 'cpu', threads: 1 } as const

/** A prompt of text only: the worker's way is under test, not the model. */
const prompt: ProcessedPrompt = {
  text: '',
  inputIds: Int32Array.of(10, 20, 30, 40),
  pixels: new Float32Array(0),
  grids: [],
  visual: new Int32Array(0),
  positions: Int32Array.of(0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3),
}
const sampling = { temperature: 1, topP: 1, topK: 0, maxTokens: 6, stop: [], seed: 1, n: 2 }
const batch = {
  groups: [{ prompt, completions: [{ tokens: [7, 8, 9] }] }],
  loss: { kind: 'sft' },
  learningRate: 1e-3,
} as const

/** Generates, learns, saves to `folder` and generates again. */
const session = (folder: string) =>
  Effect.gen(function* () {
    const engine = yield* Engine
    const before = yield* engine.generate([prompt], sampling)
    const state = `${folder}.state`
    yield* engine.snapshot(state)
    const metrics = yield* engine.update(batch)
    const scores = yield* engine.score([{ prompt, completions: [[7, 8, 9]] }])
    yield* engine.save(folder, 'F32')
    yield* engine.restore(state)
    const after = yield* engine.generate([prompt], sampling)
    return { before, after, metrics, scores }
  })

const inFolder = <A, E, R>(use: (folder: string) => Effect.Effect<A, E, R>) =>
  Effect.acquireUseRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), 'spanwise-engine-'))),
    (folder) => use(join(folder, 'model')),
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true })),
  )

describe('the engine service', () => {
  it.effect('does in a worker what it does in this thread, and saves what it learned', () =>
    inFolder((folder) =>
      Effect.gen(function* () {
        const remote = yield* session(folder).pipe(Effect.provide(Layer.fresh(engineLayer(options))))
        const local = yield* session(folder).pipe(Effect.provide(Layer.fresh(localEngineLayer(options))))
        const { seconds: _a, ...metrics } = remote.metrics
        const { seconds: _b, ...expected } = local.metrics
        assert.deepEqual(remote.before, local.before)
        assert.deepEqual(remote.after, remote.before)
        assert.deepEqual(remote.scores, local.scores)
        assert.deepEqual(metrics, expected)
        const reloaded = yield* Engine.use((engine) =>
          engine.score([{ prompt, completions: [[7, 8, 9]] }]),
        ).pipe(Effect.provide(localEngineLayer({ ...options, checkpoint: folder })))
        assert.deepEqual(reloaded, remote.scores)
      }),
    ),
  )

  it.effect('leaves the event loop free while it computes', () =>
    Effect.gen(function* () {
      const engine = yield* Engine
      let turns = 0
      const timer = setInterval(() => turns++, 1)
      yield* Effect.forEach([1, 2, 3], () => engine.generate([prompt], { ...sampling, maxTokens: 30 }))
      clearInterval(timer)
      assert.isAbove(turns, 5)
    }).pipe(Effect.provide(engineLayer(options))),
  )

  it.effect('fails with the error that the worker met', () =>
    Effect.gen(function* () {
      const missing = yield* Effect.flip(
        Engine.pipe(Effect.provide(engineLayer({ ...options, checkpoint: join(checkpoint, 'nowhere') }))),
      )
      assert.strictEqual(missing._tag, 'InputError')
      assert.match(missing.message, /nowhere.*is missing/)
      const refused = yield* Engine.use((engine) =>
        Effect.flip(engine.update({ ...batch, groups: [] })),
      ).pipe(Effect.provide(engineLayer(options)))
      assert.strictEqual(refused._tag, 'EngineError')
      assert.strictEqual(refused.message, 'update: the batch has no groups')
    }),
  )
})
