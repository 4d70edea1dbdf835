import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { assert, describe, it } from '@effect/vitest'
import { Effect, Layer } from 'effect'
import { difficultyEstimation } from '../../../agents/index.ts'
import { runFold } from '../../../folds/index.ts'
import { layerOpenai, type MediaMode } from '../../../models/index.ts'
import { openDatabase, readParts } from '../../../store/index.ts'
import { Videos } from '../../../video/index.ts'
import { flashSample, writeVideos } from '../../folds/flashes.ts'
import { shapesSettings } from '../../support/settings.ts'
import { faultServer, quick } from './client.ts'

const secret = 'topsecret-0815'

const place = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), 'spanwise-openai-'))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true })),
)

const files = (folder: string): ReadonlyArray<string> =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())

/** Difficulty of six samples of two videos, asked of a server. */
const fold = (folder: string, url: string, media: MediaMode, retries = 4) =>
  runFold(difficultyEstimation, {
    folder: join(folder, 'run'),
    samples: [1, 2, 3, 4, 5, 6].map((i) => flashSample(`q${i}`, i % 2 === 0 ? 'one.mp4' : 'flash.mp4')),
    videos: folder,
    settings: shapesSettings(difficultyEstimation, { rollouts: 3, fps: 1 }),
  }).pipe(
    Effect.provide(
      layerOpenai(quick({ baseUrl: url, model: 'model', keyEnv: 'SPANWISE_FOLD_KEY', media, retries })),
    ),
  )

describe('a fold that a server answers', () => {
  const setUp = Effect.gen(function* () {
    process.env.SPANWISE_FOLD_KEY = secret
    yield* Effect.addFinalizer(() => Effect.sync(() => delete process.env.SPANWISE_FOLD_KEY))
    const folder = yield* place
    yield* writeVideos(folder)
    return folder
  })
  const run = <A, E>(program: Effect.Effect<A, E, Videos>) =>
    program.pipe(Effect.provide(Layer.fresh(Videos.layer({ workers: 1 }))))

  it.live('records what each sample cost, and neither the key nor the address', () =>
    run(
      Effect.gen(function* () {
        const folder = yield* setUp
        const server = yield* faultServer({
          script: ({ number }) => (number === 4 ? { kind: 'status', status: 500 } : { kind: 'answer' }),
        })
        const summary = yield* fold(folder, server.url, 'frames')
        assert.deepInclude(summary, { done: 6, kept: 6, failed: 0 })
        const written = files(join(folder, 'run'))
        const texts = written.map((path) => readFileSync(path).toString('latin1'))
        for (const text of texts) {
          assert.notInclude(text, secret)
          assert.notInclude(text, server.url)
        }
        const settings = JSON.parse(readFileSync(join(folder, 'run', 'settings.json'), 'utf8'))
        assert.deepInclude(settings.model.settings, { preset: 'vllm', media: 'frames', quality: 90 })
        const part = written.find((path) => path.endsWith('.parquet'))!
        const rows = yield* readParts(yield* openDatabase(':memory:'), [part], ['usage'])
        const usages = rows.map(({ usage }) => JSON.parse(String(usage)))
        assert.deepStrictEqual(
          usages.map(({ requests }) => requests),
          [2, 2, 2, 2, 2, 2],
        )
        const retries = readFileSync(written.find((path) => path.endsWith('usage.jsonl'))!, 'utf8')
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line).retries)
        assert.deepStrictEqual(retries.toSorted(), [0, 0, 0, 0, 0, 1])
        assert.isTrue(usages.every(({ promptTokens }) => promptTokens === 200))
      }).pipe(Effect.scoped),
    ),
  )

  it.live('sends a file by reference, of which nothing is decoded', () =>
    run(
      Effect.gen(function* () {
        const folder = yield* setUp
        const sent = new Set<string>()
        const server = yield* faultServer({
          script: ({ body }) => {
            const [part] = (
              body.messages as ReadonlyArray<{ content: ReadonlyArray<{ video_url?: { url: string } }> }>
            )[0]!.content
            sent.add(part?.video_url?.url ?? '')
            return { kind: 'answer' }
          },
        })
        assert.deepInclude(yield* fold(folder, server.url, 'file'), { done: 6, failed: 0 })
        assert.deepStrictEqual(
          [...sent].sort(),
          ['flash.mp4', 'one.mp4'].map((name) => `file://${join(folder, name)}`),
        )
      }).pipe(Effect.scoped),
    ),
  )

  it.live('ends at once with one error where the server refuses everything', () =>
    run(
      Effect.gen(function* () {
        const folder = yield* setUp
        const server = yield* faultServer({ script: () => ({ kind: 'status', status: 401 }) })
        const error = yield* Effect.flip(fold(folder, server.url, 'frames'))
        assert.strictEqual(error._tag, 'ModelError')
        assert.deepInclude(error, { fatal: true })
        assert.include(error.message, 'SPANWISE_FOLD_KEY')
        assert.isFalse(files(folder).some((path) => path.endsWith('.parquet')))
        for (const times of server.asked.values()) assert.isAtMost(times, 2)
      }).pipe(Effect.scoped),
    ),
  )
})
