import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Effect, Exit } from 'effect'
import { afterAll, describe, expect, it } from 'vitest'
import { EngineError, InputError } from '../../core/index.ts'
import type { EngineService } from '../../engine/index.ts'
import { fileError } from '../../files/index.ts'
import { composeRewards } from '../../rewards/index.ts'
import {
  grpoSchema,
  openRunFolder,
  type PromptSource,
  sftSchema,
  type TrainingItem,
  trainGrpo,
  trainSft,
} from '../../trainer/index.ts'
import { stubEngine, stubItems, stubSource } from './stub.ts'

const root = mkdtempSync(join(tmpdir(), 'spanwise-trainer-faults-'))
afterAll(() => rmSync(root, { recursive: true }))
let runs = 0

interface Scene {
  readonly engine?: EngineService
  readonly source?: PromptSource
  readonly items?: ReadonlyArray<TrainingItem>
  readonly settings?: object
  readonly evaluate?: (step: number) => Effect.Effect<{ readonly miou: number }, EngineError>
}

const begin = async (kind: 'curriculum' | 'sft', scene: Scene) => {
  const path = join(root, `run-${runs++}`)
  const shared = {
    engine: scene.engine ?? stubEngine(),
    source: scene.source ?? stubSource,
    items: scene.items ?? stubItems(9),
    hooks: scene.evaluate === undefined ? {} : { evaluate: scene.evaluate },
  }
  const common = { steps: 6, checkpointEvery: 2, learningRate: 0.3, ...scene.settings }
  const exit = await Effect.runPromiseExit(
    Effect.gen(function* () {
      const folder = yield* openRunFolder(path, { kind, settings: {}, provenance: {} })
      if (kind === 'sft')
        return yield* trainSft({ ...shared, folder, options: sftSchema.parse({ batch: 4, ...common }) })
      const options = grpoSchema.parse({ prompts: 4, group: 4, sampling: { maxTokens: 64 }, ...common })
      const rewards = yield* composeRewards(options.rewards)
      return yield* trainGrpo({ ...shared, folder, rewards, options })
    }),
  )
  return {
    exit,
    rows: (name: string): ReadonlyArray<Record<string, unknown>> =>
      readFileSync(join(path, name), 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    checkpoints: () => readdirSync(join(path, 'checkpoints')),
  }
}
const messageOf = (exit: Exit.Exit<unknown, unknown>): string =>
  Exit.isFailure(exit) ? String(exit.cause) : 'done'

const unannotated = (items: ReadonlyArray<TrainingItem>, count: number): ReadonlyArray<TrainingItem> =>
  items.map((item, i) => (i < count ? { ...item, sample: { ...item.sample, windows: null } } : item))

/** Prompts of which those of some samples cannot be made. */
const failing = (keys: (key: string) => boolean): PromptSource => ({
  ...stubSource,
  prepare: (item, ratio) =>
    keys(item.key)
      ? Effect.fail(new InputError({ subject: 'prompt', problem: 'has 90000 tokens', remedy: 'shorten it' }))
      : stubSource.prepare(item, ratio),
})

describe.each(['curriculum', 'sft'] as const)('training (%s)', (kind) => {
  it('leaves out samples without annotation, and refuses data that has none', async () => {
    const { exit, rows } = await begin(kind, { items: unannotated(stubItems(9), 5) })
    expect(messageOf(exit)).toBe('done')
    if (kind === 'curriculum')
      for (const { sample } of rows('rollouts.jsonl')) expect(sample).toMatch(/v[5-8]$/)
    const none = await begin(kind, { items: unannotated(stubItems(3), 3) })
    expect(messageOf(none.exit)).toMatch(/no annotated answer/)
  })

  it('goes on past samples that cannot be shown, and ends where none can', async () => {
    const { exit, rows } = await begin(kind, { source: failing((key) => /v[01]$/.test(key)) })
    expect(messageOf(exit)).toBe('done')
    expect(rows('metrics.jsonl').some(({ unreadable }) => unreadable === 1 || unreadable === 2)).toBe(true)
    // Also where it is the only sample of a step.
    const one = await begin(kind, {
      source: failing((key) => /v[0-6]$/.test(key)),
      settings: kind === 'sft' ? { batch: 1 } : { prompts: 1 },
    })
    expect(messageOf(one.exit)).toBe('done')
    expect(one.rows('metrics.jsonl')).toHaveLength(6)
    const all = await begin(kind, { source: failing(() => true) })
    expect(messageOf(all.exit)).toMatch(/90000 tokens/)
  })

  it('keeps what was learnt where the final validation fails', async () => {
    const { exit, checkpoints } = await begin(kind, {
      settings: { steps: 5, checkpointEvery: 0 },
      evaluate: (step) =>
        step === 5
          ? Effect.fail(new EngineError({ operation: 'generate', problem: 'out of memory' }))
          : Effect.succeed({ miou: 0 }),
    })
    expect(messageOf(exit)).toMatch(/out of memory/)
    expect(checkpoints()).toEqual(['step-000005'])
  })

  it('keeps what was learnt where a later step dies of a defect', async () => {
    let prepared = 0
    const { exit, checkpoints } = await begin(kind, {
      settings: { checkpointEvery: 0 },
      source: {
        ...stubSource,
        prepare: (item, ratio) =>
          prepared++ < 8 ? stubSource.prepare(item, ratio) : Effect.die(new RangeError('a defect')),
      },
    })
    expect(messageOf(exit)).toMatch(/a defect/)
    expect(checkpoints()).toEqual(['step-000002'])
  })

  it('says in one line that the disk is full, and leaves nothing half-written', async () => {
    const stub = stubEngine()
    const engine: EngineService = {
      ...stub,
      snapshot: (file) =>
        Effect.fail(fileError(file, 'written', Object.assign(new Error('full'), { code: 'ENOSPC' }))),
    }
    const { exit, checkpoints } = await begin(kind, { engine })
    expect(messageOf(exit)).toMatch(/InputError: .*cannot be written \(ENOSPC\); free some space/)
    expect(checkpoints()).toEqual([])
  })
})

describe('a curriculum', () => {
  it('keeps the steps before an error of a later one', async () => {
    let asked = 0
    const stub = stubEngine()
    const engine: EngineService = {
      ...stub,
      generate: (prompts, sampling) =>
        ++asked === 4
          ? Effect.fail(new EngineError({ operation: 'generate', problem: 'out of memory' }))
          : stub.generate(prompts, sampling),
    }
    const { exit, checkpoints } = await begin('curriculum', { engine, settings: { checkpointEvery: 0 } })
    expect(messageOf(exit)).toMatch(/out of memory/)
    expect(checkpoints()).toEqual(['step-000003'])
  })

  it('takes no injected annotation for a success of its own', async () => {
    const learnt = await begin('curriculum', {
      settings: { steps: 1, inject: 'always', learningRate: 1e-9, logPrompts: 4 },
    })
    const [row] = learnt.rows('metrics.jsonl')
    const ious = learnt
      .rows('rollouts.jsonl')
      .flatMap(({ rollouts }) => rollouts as ReadonlyArray<{ readonly iou: number; readonly finish: string }>)
    expect(ious.filter(({ finish }) => finish === 'annotation').map(({ iou }) => iou)).toEqual([1, 1, 1, 1])
    const own = ious.filter(({ finish }) => finish !== 'annotation')
    expect(row!.reward).toBeCloseTo(own.reduce((sum, { iou }) => sum + iou, 0) / own.length, 12)
  })
})
