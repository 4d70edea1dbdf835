import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { assert, describe, it } from '@effect/vitest'
import { Context, Effect, Layer } from 'effect'
import { createCheckpoint, writeCheckpoint } from '../../engine/checkpoint/index.ts'
import { engineLayer } from '../../engine/index.ts'
import { trainTokenizer } from '../../engine/tokenizer/index.ts'
import {
  checkpointRevision,
  greedy,
  Ledger,
  layerEmbedded,
  openAccount,
  VisionLanguageModel,
} from '../../models/index.ts'
import { ask, groundingQuestion } from '../../tasks/index.ts'

/** A folder with a random model of a few thousand weights. */
class Folder extends Context.Service<Folder, string>()('test/Folder') {
  static readonly layer = Layer.effect(
    Folder,
    Effect.gen(function* () {
      const folder = mkdtempSync(join(tmpdir(), 'spanwise-model-'))
      const checkpoint = createCheckpoint(folder, {
        vision: { depth: 2, hiddenSize: 32, intermediateSize: 48, heads: 2, side: 4, deepstack: [0] },
        text: {
          layers: 2,
          hiddenSize: 32,
          intermediateSize: 48,
          heads: 2,
          kvHeads: 1,
          headDim: 16,
          ropeTheta: 10000,
          mropeSection: [4, 2, 2],
          maxPositions: 2048,
        },
        tieEmbeddings: true,
        tokenizer: trainTokenizer([groundingQuestion('a red ball'), '<answer>none</answer>', 'Yes No'], 400),
        clipPixels: [8192, 262144],
        fps: 2,
        seed: 3,
      })
      yield* writeCheckpoint(folder, checkpoint)
      return folder
    }),
  )
}

const model = Layer.unwrap(
  Effect.map(Folder, (checkpoint) =>
    Layer.provide(layerEmbedded(checkpoint), engineLayer({ checkpoint, device: 'cpu', threads: 1 })),
  ),
).pipe(Layer.provideMerge(Folder.layer))

const clip = (shade: number, frames = 4) => ({
  width: 64,
  height: 64,
  times: Float64Array.from({ length: frames }, (_, i) => i / 2),
  fps: 2,
  rgb: new Uint8Array(frames * 64 * 64 * 3).map((_, i) => (i * shade) % 251),
})
const messages = Array.from({ length: 6 }, (_, i) =>
  ask(clip(i + 1, 2 + 2 * (i % 2)), groundingQuestion(`event ${i}`)),
)
const sampling = (seed: number) => ({ ...greedy(6), greedy: false, temperature: 1, seed, n: 3 })

describe('the embedded backend', () => {
  it.effect('answers each request as if it were alone, and scores what it says', () =>
    Effect.gen(function* () {
      const { chat, choose, profile, identity } = yield* VisionLanguageModel
      assert.deepStrictEqual([profile.family, profile.view.factor], ['qwen3-vl', 32])
      assert.match(identity.revision, /^[0-9a-f]{16}$/)
      assert.strictEqual(identity.revision, yield* checkpointRevision(yield* Folder))
      const together = yield* Effect.forEach(
        messages,
        (one, seed) => chat({ messages: one, sampling: sampling(seed) }),
        { concurrency: 'unbounded' },
      )
      const alone = yield* Effect.forEach([...messages.keys()].reverse(), (seed) =>
        chat({ messages: messages[seed]!, sampling: sampling(seed) }),
      )
      assert.deepStrictEqual(
        alone.reverse().map((replies) => replies.map(({ tokens }) => tokens)),
        together.map((replies) => replies.map(({ tokens }) => tokens)),
      )
      for (const replies of together) assert.strictEqual(replies.length, 3)
      const scores = yield* choose(messages[0]!, ['Yes', 'No', '<answer>none</answer>'])
      assert.strictEqual(scores?.length, 3)
      for (const score of scores ?? []) assert.isBelow(score, 0)
      const again = yield* Effect.all(
        [choose(messages[1]!, ['Yes', 'No']), choose(messages[0]!, ['Yes', 'No'])],
        {
          concurrency: 'unbounded',
        },
      )
      assert.closeTo(again[1]?.[0] ?? 0, scores?.[0] ?? 1, 1e-4)
    }).pipe(Effect.provide(model)),
  )

  it.effect('records tokens and time of its replies in the ledger of a sample', () =>
    Effect.gen(function* () {
      const { chat } = yield* VisionLanguageModel
      const account = openAccount()
      const replies = yield* Effect.all([
        chat({ messages: messages[0]!, sampling: sampling(0) }),
        chat({ messages: messages[1]!, sampling: sampling(1) }),
      ]).pipe(Effect.provideService(Ledger, account))
      const usage = account.total()
      assert.strictEqual(usage?.requests, 2)
      assert.strictEqual(
        usage?.completionTokens,
        replies.flat().reduce((sum, { tokens }) => sum + (tokens?.length ?? 0), 0),
      )
      assert.isAbove(usage?.promptTokens ?? 0, 20)
      assert.isNull(usage?.cost)
    }).pipe(Effect.provide(model)),
  )

  it.effect('refuses to hold replies to a form, which it cannot', () =>
    Effect.gen(function* () {
      const { chat } = yield* VisionLanguageModel
      const guided = {
        messages: messages[0]!,
        sampling: sampling(0),
        guide: { kind: 'regex', pattern: 'Yes|No' } as const,
      }
      const error = yield* Effect.flip(chat(guided))
      assert.isTrue(error.fatal)
      assert.match(error.message, /cannot constrain replies to a format/)
    }).pipe(Effect.provide(model)),
  )

  it.skipIf(process.platform !== 'linux')(
    'hashes a checkpoint of many files once, without a warning, and again when a file has changed',
    () => {
      const folder = mkdtempSync(join(tmpdir(), 'spanwise-revision-'))
      // In a process of its own: what it reads and warns of is counted for the whole process.
      const script = `
        import { readFileSync, writeFileSync } from 'node:fs'
        import { Effect } from 'effect'
        import { checkpointRevision } from ${JSON.stringify(join(import.meta.dirname, '../../models/embedded/revision.ts'))}
        const folder = ${JSON.stringify(folder)}
        const shard = (index) => folder + '/model-' + index + '.safetensors'
        for (let index = 0; index < 15; index++) writeFileSync(shard(index), Buffer.alloc(2 ** 20, index))
        let warnings = 0
        process.on('warning', () => warnings++)
        const read = () => Number(/rchar: (\\d+)/.exec(readFileSync('/proc/self/io', 'utf8'))[1])
        const revision = () => Effect.runPromise(checkpointRevision(folder))
        const start = read()
        const [first, second] = await Promise.all([revision(), revision()])
        const third = await revision()
        const megabytes = (read() - start) / 2 ** 20
        writeFileSync(shard(3), Buffer.alloc(2 ** 20, 99))
        const changed = await revision()
        await new Promise((done) => setTimeout(done, 20))
        console.log(JSON.stringify({ same: [first === second, first === third, first === changed], megabytes, warnings }))`
      const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
        cwd: import.meta.dirname,
        encoding: 'utf8',
      })
      const { same, megabytes, warnings } = JSON.parse(stdout)
      assert.deepStrictEqual([same, warnings], [[true, true, false], 0])
      assert.isTrue(megabytes >= 15 && megabytes < 25, String(megabytes))
      rmSync(folder, { recursive: true })
    },
  )

  it.effect('refuses a folder without a model in one line', () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(checkpointRevision(join(tmpdir(), 'nowhere')))
      assert.strictEqual(error._tag, 'InputError')
      assert.notInclude(error.message, '\n')
    }),
  )
})
