import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Effect } from 'effect'
import { afterAll, expect, it } from 'vitest'
import { EngineError } from '../../core/index.ts'
import { readPreprocessing } from '../../engine/checkpoint/index.ts'
import { type EngineService, localEngine } from '../../engine/index.ts'
import { composeRewards } from '../../rewards/index.ts'
import { clipPrompts, grpoSchema, openRunFolder, trainGrpo } from '../../trainer/index.ts'
import { grayClip } from './clip.ts'
import { stubItems } from './stub.ts'

const root = mkdtempSync(join(tmpdir(), 'spanwise-resume-'))
afterAll(() => rmSync(root, { recursive: true }))
const checkpoint = join(import.meta.dirname, '../fixtures/qwen3vl/tied')

/** Injected annotations give an untrained model something to learn in every group. */
const options = grpoSchema.parse({
  prompts: 2,
  group: 2,
  steps: 4,
  checkpointEvery: 2,
  learningRate: 1e-2,
  inject: 'always',
  sampling: { maxTokens: 4 },
})

/** Trains in a folder with an engine of its own, which fails from the update `failAt` on; returns its final state. */
const train = (run: string, failAt = Number.POSITIVE_INFINITY) =>
  Effect.runPromiseExit(
    Effect.scoped(
      Effect.gen(function* () {
        const inner = yield* localEngine({ checkpoint, device: 'cpu', threads: 1 })
        let updates = 0
        const engine: EngineService = {
          ...inner,
          update: (batch) =>
            updates++ < failAt
              ? inner.update(batch)
              : Effect.fail(new EngineError({ operation: 'update', problem: 'the power went' })),
        }
        yield* trainGrpo({
          engine,
          source: clipPrompts({
            dialect: 'shapes',
            preprocessing: yield* readPreprocessing(checkpoint),
            clip: () => Effect.succeed(grayClip(8)),
            seed: 1,
            mode: 'blank',
            margin: 0,
          }),
          rewards: yield* composeRewards(options.rewards),
          options,
          items: stubItems(4),
          folder: yield* openRunFolder(join(root, run), { kind: 'curriculum', settings: {}, provenance: {} }),
        })
        const state = join(root, 'end.state')
        yield* inner.snapshot(state)
        return readFileSync(state)
      }),
    ),
  )

it('resumes to the same bits on the embedded engine', async () => {
  const straight = await train('straight')
  expect(straight._tag).toBe('Success')
  expect((await train('killed', 3))._tag).toBe('Failure')
  const resumed = await train('killed')
  expect(resumed).toEqual(straight)
  const metrics = (run: string) =>
    readFileSync(join(root, run, 'metrics.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => ({ ...JSON.parse(line), seconds: null }))
  expect(metrics('killed')).toEqual(metrics('straight'))
  expect(metrics('straight').every(({ loss }) => typeof loss === 'number')).toBe(true)
  const weights = (run: string) =>
    readFileSync(join(root, run, 'checkpoints', 'step-000004', 'model', 'model.safetensors'))
  expect(weights('killed').equals(weights('straight'))).toBe(true)
  expect(weights('straight').equals(readFileSync(join(checkpoint, 'model.safetensors')))).toBe(false)
})

it('refuses a checkpoint whose state is damaged and says which folder to remove', async () => {
  expect((await train('damaged', 3))._tag).toBe('Failure')
  const steps = join(root, 'damaged', 'checkpoints')
  const newest = join(steps, readdirSync(steps).toSorted().at(-1)!)
  const bytes = readFileSync(join(newest, 'engine.state'))
  for (let i = 0; i < 40_000; i++) bytes[bytes.length - 1 - ((i * 37) % (bytes.length >> 1))]! ^= 0x10
  writeFileSync(join(newest, 'engine.state'), bytes)
  const exit = await train('damaged')
  expect(exit._tag === 'Failure' && String(exit.cause)).toMatch(
    new RegExp(`does not match its checksum; remove ${newest} to continue from the checkpoint before it`),
  )
})
