import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Deferred, Effect, Fiber } from 'effect'
import { afterAll, describe, expect, it } from 'vitest'
import type { EngineService } from '../../engine/index.ts'
import { composeRewards } from '../../rewards/index.ts'
import {
  type GrpoOptions,
  grpoSchema,
  openRunFolder,
  type SftOptions,
  sftSchema,
  trainGrpo,
  trainSft,
} from '../../trainer/index.ts'
import { type Stub, stubEngine, stubItems, stubSource } from './stub.ts'

const root = mkdtempSync(join(tmpdir(), 'spanwise-trainer-'))
afterAll(() => rmSync(root, { recursive: true }))
let folders = 0
const newFolder = () => join(root, `run-${folders++}`)
const rows = (file: string): ReadonlyArray<Record<string, unknown>> =>
  readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))

const options = (changes: object = {}): GrpoOptions =>
  grpoSchema.parse({
    sampling: { maxTokens: 64 },
    prompts: 4,
    group: 4,
    steps: 12,
    checkpointEvery: 5,
    learningRate: 0.3,
    mask: { kind: 'linear' },
    ...changes,
  })

const grpo = (path: string, engine: EngineService, settings: GrpoOptions, evaluated: Array<number> = []) =>
  Effect.gen(function* () {
    const folder = yield* openRunFolder(path, {
      kind: 'curriculum',
      settings: { ...settings, mask: { ...settings.mask } },
      provenance: { version: '0' },
    })
    const rewards = yield* composeRewards(settings.rewards)
    return yield* trainGrpo({
      engine,
      ...(settings.beta > 0 ? { reference: stubEngine() } : {}),
      source: stubSource,
      rewards,
      options: settings,
      items: stubItems(9),
      folder,
      hooks: { evaluate: (step: number) => Effect.sync(() => ({ miou: evaluated.push(step) })) },
    })
  })

const finish = async (settings: GrpoOptions, path = newFolder()): Promise<Stub> => {
  const engine = stubEngine()
  await Effect.runPromise(grpo(path, engine, settings))
  return engine
}

/** metrics without times */
const figures = (path: string) => rows(join(path, 'metrics.jsonl')).map(({ seconds: _, ...row }) => row)

describe('trainGrpo', () => {
  it('learns the rewarded answer, and writes metrics, validation, rollouts and a checkpoint', async () => {
    const path = newFolder()
    const engine = stubEngine()
    const evaluated: Array<number> = []
    const outcome = await Effect.runPromise(
      grpo(path, engine, options({ steps: 30, evaluateEvery: 10 }), evaluated),
    )
    expect(outcome).toMatchObject({ steps: 30, planned: 30, resumedFrom: 0, stoppedEarly: false })
    const metrics = rows(join(path, 'metrics.jsonl'))
    expect(metrics.length).toBe(30)
    expect(metrics[29]!.iou as number).toBeGreaterThan((metrics[0]!.iou as number) + 0.3)
    expect(metrics[0]).toMatchObject({ step: 0, mask: { ratio: 0.8 }, unreadable: 0 })
    expect(metrics[29]).toMatchObject({ mask: { ratio: 0, prompts: 0 } })
    expect(evaluated).toEqual([0, 10, 20, 30])
    expect(readdirSync(join(path, 'checkpoints'))).toEqual(['step-000025', 'step-000030'])
    expect(existsSync(join(outcome.model, 'model.safetensors'))).toBe(true)
  })

  it('gives the same weights when killed after any step and resumed', async () => {
    for (const changes of [
      {},
      { updates: 2, refill: 2, order: 'easy-first', solvedAbove: 0.6, inject: 'failed' },
      { beta: 0.04, loss: 'dapo', mask: { kind: 'cosine' }, scale: 'batch' },
      { mask: { kind: 'adaptive', until: 1 } },
      { mask: { kind: 'on-failure' } },
    ]) {
      const settings = options(changes)
      const whole = newFolder()
      const straight = await finish(settings, whole)
      for (let failAt = 0; failAt < straight.updates(); failAt += 3) {
        const path = newFolder()
        const died = await Effect.runPromiseExit(grpo(path, stubEngine(failAt), settings))
        expect(died._tag).toBe('Failure')
        const resumed = await finish(settings, path)
        expect([...resumed.logits]).toEqual([...straight.logits])
        expect(figures(path)).toEqual(figures(whole))
        expect(rows(join(path, 'validation.jsonl')).map(({ step }) => step)).toEqual([0, 12])
      }
    }
  })

  it('writes a checkpoint of the finished steps when interrupted', async () => {
    const settings = options({ checkpointEvery: 0 })
    const straight = await finish(settings)
    const path = newFolder()
    const stub = stubEngine()
    await Effect.runPromise(
      Effect.gen(function* () {
        const reached = yield* Deferred.make<void>()
        let calls = 0
        const engine: EngineService = {
          ...stub,
          generate: (prompts, sampling) =>
            ++calls === 8
              ? Deferred.succeed(reached, undefined).pipe(Effect.andThen(Effect.never))
              : stub.generate(prompts, sampling),
        }
        const fiber = yield* Effect.forkChild(grpo(path, engine, settings))
        yield* Deferred.await(reached)
        yield* Fiber.interrupt(fiber)
      }),
    )
    expect(readdirSync(join(path, 'checkpoints'))).toEqual(['step-000007'])
    expect([...(await finish(settings, path)).logits]).toEqual([...straight.logits])
  })

  it('clears away what a killed process was still writing', async () => {
    const settings = options()
    const straight = await finish(settings)
    const path = newFolder()
    // It had only begun to claim the folder.
    mkdirSync(path, { recursive: true })
    writeFileSync(join(path, 'run.json.0123abcd.tmp'), '{"kind":')
    await Effect.runPromiseExit(grpo(path, stubEngine(7), settings))
    mkdirSync(join(path, 'checkpoints', 'step-000010.tmp'))
    appendFileSync(join(path, 'metrics.jsonl'), '{"step":7,"rew')
    expect([...(await finish(settings, path)).logits]).toEqual([...straight.logits])
    expect(rows(join(path, 'metrics.jsonl')).length).toBe(12)
    expect(readdirSync(join(path, 'checkpoints'))).toEqual(['step-000010', 'step-000012'])
  })

  it('refuses a KL term without a reference, and gives the reference scores to the update', async () => {
    const settings = options({ beta: 0.04, steps: 1 })
    const stub = stubEngine()
    const seen: Array<ReadonlyArray<number> | undefined> = []
    const engine: EngineService = {
      ...stub,
      update: (batch) => {
        seen.push(...batch.groups.flatMap(({ completions }) => completions.map((one) => one.refLogProbs)))
        return stub.update(batch)
      },
    }
    await Effect.runPromise(grpo(newFolder(), engine, settings))
    // All groups take part, and an untrained stub finds its four replies equally likely.
    expect(seen.length).toBe(16)
    for (const scores of seen) expect(scores![0]).toBeCloseTo(Math.log(1 / 4))
    const alone = Effect.gen(function* () {
      const folder = yield* openRunFolder(newFolder(), { kind: 'curriculum', settings: {}, provenance: {} })
      const rewards = yield* composeRewards(settings.rewards)
      return yield* trainGrpo({
        engine,
        source: stubSource,
        rewards,
        options: settings,
        items: stubItems(4),
        folder,
      })
    })
    expect((await Effect.runPromise(Effect.flip(alone))).message).toContain('"beta"')
  })

  it('returns at once when the run is finished', async () => {
    const path = newFolder()
    await finish(options(), path)
    const outcome = await Effect.runPromise(grpo(path, stubEngine(0), options()))
    expect(outcome).toMatchObject({ steps: 12, resumedFrom: 12 })
  })

  it('refuses a run folder made by other settings, naming them in one line', async () => {
    const path = newFolder()
    await finish(options(), path)
    const error = await Effect.runPromise(Effect.flip(grpo(path, stubEngine(), options({ group: 5 }))))
    expect(error._tag).toBe('InputError')
    expect(error.message).toContain('made with other settings (group was 4, is 5)')
    expect(error.message).not.toContain('\n')
    const foreign = newFolder()
    writeFileSync(foreign, 'a file')
    expect((await Effect.runPromise(Effect.flip(grpo(foreign, stubEngine(), options()))))._tag).toBe(
      'InputError',
    )
  })

  it('stops early on a plateau', async () => {
    const outcome = await Effect.runPromise(
      grpo(
        newFolder(),
        stubEngine(),
        options({ steps: 60, learningRate: 1e-9, earlyStop: { patience: 5, delta: 0.2 } }),
      ),
    )
    expect(outcome).toMatchObject({ stoppedEarly: true })
    expect(outcome.steps).toBeLessThan(20)
  })
})

describe('trainSft', () => {
  const settings: SftOptions = sftSchema.parse({ batch: 4, steps: 9, checkpointEvery: 4, learningRate: 0.5 })
  const sft = (path: string, engine: EngineService) =>
    Effect.gen(function* () {
      const folder = yield* openRunFolder(path, { kind: 'sft', settings, provenance: {} })
      return yield* trainSft({ engine, source: stubSource, options: settings, items: stubItems(9), folder })
    })

  it('learns the annotated answers and resumes exactly', async () => {
    const straight = stubEngine()
    await Effect.runPromise(sft(newFolder(), straight))
    expect(straight.logits.indexOf(Math.max(...straight.logits))).toBe(1)
    const path = newFolder()
    await Effect.runPromiseExit(sft(path, stubEngine(6)))
    const resumed = stubEngine()
    await Effect.runPromise(sft(path, resumed))
    expect([...resumed.logits]).toEqual([...straight.logits])
  })

  it('refuses samples without an answer', async () => {
    const [first] = stubItems(1)
    const items = [{ ...first!, sample: { ...first!.sample, windows: null } }]
    const error = await Effect.runPromise(
      Effect.flip(
        Effect.gen(function* () {
          const folder = yield* openRunFolder(newFolder(), { kind: 'sft', settings, provenance: {} })
          return yield* trainSft({
            engine: stubEngine(),
            source: stubSource,
            options: settings,
            items,
            folder,
          })
        }),
      ),
    )
    expect(error.message).toContain('shapes/train/v0: has no annotated answer')
  })
})
