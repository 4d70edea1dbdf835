import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { assert, describe, it } from '@effect/vitest'
import { Effect, Layer } from 'effect'
import { defaultWorldSettings, writeWorld } from '../../../datasets/shapes/index.ts'
import { engineLayer } from '../../../engine/index.ts'
import { trueSamples } from '../../../lab/world.ts'
import { greedy, layerEmbedded, VisionLanguageModel } from '../../../models/index.ts'
import { ask, groundingQuestion } from '../../../tasks/index.ts'
import { Videos } from '../../../video/index.ts'
import { freePort } from '../../support/processes.ts'
import { findPython } from '../../support/python.ts'
import { client } from './client.ts'

const checkpoint = join(import.meta.dirname, '..', '..', '..', 'checkpoints', 'shapes-base')
const { python, missing } = findPython(
  ...['torch', 'torchvision', 'transformers', 'fastapi', 'uvicorn', 'openai', 'av'],
)

/** `transformers serve` with the shipped checkpoint, for as long as the scope lasts. */
const served = Effect.gen(function* () {
  const port = yield* Effect.promise(freePort)
  const script = join(import.meta.dirname, '..', '..', 'support', 'serve.py')
  const options = ['--host', '127.0.0.1', '--port', String(port), '--device', 'cpu', '--dtype', 'float32']
  yield* Effect.acquireRelease(
    Effect.sync(() =>
      spawn(python ?? '', [script, checkpoint, ...options], {
        stdio: 'ignore',
        // Several threads of so small a model wait for each other on a busy machine.
        env: { ...process.env, OMP_NUM_THREADS: '1' },
      }),
    ),
    (child) => Effect.sync(() => child.kill('SIGKILL')),
  )
  const url = `http://127.0.0.1:${port}`
  const isUp = Effect.tryPromise(() => fetch(`${url}/health`)).pipe(
    Effect.map(({ ok }) => ok),
    Effect.orElseSucceed(() => false),
  )
  while (!(yield* isUp)) yield* Effect.sleep(100)
  return `${url}/v1`
})

const world = Effect.gen(function* () {
  const folder = yield* Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), 'spanwise-serve-'))),
    (made) => Effect.sync(() => rmSync(made, { recursive: true, force: true })),
  )
  yield* writeWorld(folder, { ...defaultWorldSettings, seed: 5, splits: [{ split: 'valid', videos: 4 }] })
  return { folder, questions: yield* trueSamples(folder, 'valid') }
})

const frames = 12
const side = 64

const embedded = layerEmbedded(checkpoint).pipe(
  Layer.provide(engineLayer({ checkpoint, device: 'cpu', threads: 1 })),
)

// Loading torch and transformers takes most of the time; nothing less than the real server can show that the words of
// the preset, the frames and their times mean to it what they mean to us.
describe.skipIf(python === null)(
  `transformers serve${missing === null ? '' : ` (skipped: ${missing})`}`,
  () => {
    it.live(
      'gives the replies of the embedded engine to the same file',
      () =>
        Effect.gen(function* () {
          const [url, { folder, questions }] = yield* Effect.all([served, world], {
            concurrency: 'unbounded',
          })
          const videos = yield* Videos
          const inside = yield* VisionLanguageModel
          const outside = yield* client({
            baseUrl: url,
            model: checkpoint,
            preset: 'transformers',
            media: 'file',
            timeout: 60_000,
            processor: { size: { shortest_edge: 8192, longest_edge: frames * side * side } },
          })
          assert.isAbove(questions.length, 5)
          const told = new Set<string>()
          for (const { file, query } of questions) {
            const look = (model: VisionLanguageModel['Service']) =>
              Effect.gen(function* () {
                const clip = yield* videos.clip(
                  join(folder, 'videos', file),
                  { kind: 'count', count: frames },
                  { maxPixels: side * side, factor: model.profile.view.factor },
                  model.media,
                )
                const [reply] = yield* model.chat({
                  messages: ask(clip, groundingQuestion(query)),
                  sampling: greedy(48),
                })
                return reply
              })
            const [mine, theirs] = [yield* look(inside), yield* look(outside)]
            assert.strictEqual(theirs?.text, mine?.text, query)
            assert.strictEqual(theirs?.finish, mine?.finish)
            told.add(mine?.text ?? '')
          }
          // The same words for every video would say nothing.
          assert.isAbove(told.size, 2)
        }).pipe(Effect.provide(Layer.mergeAll(embedded, Videos.layer({ workers: 1 })))),
      120_000,
    )
  },
)
