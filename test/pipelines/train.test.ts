import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Effect } from 'effect'
import { afterAll, describe, expect, it } from 'vitest'
import { Engine } from '../../engine/index.ts'
import type { TrainOptions } from '../../pipelines/train/options.ts'
import { planTraining } from '../../pipelines/train/plan.ts'
import { runCurriculum, runSft } from '../../pipelines/train.ts'
import { readTrl } from '../../pipelines/trl/open.ts'
import type { TrlOptions } from '../../pipelines/trl/options.ts'
import { Videos } from '../../video/index.ts'
import { stubEngine, stubItems } from '../trainer/stub.ts'

const root = mkdtempSync(join(tmpdir(), 'spanwise-train-'))
afterAll(() => rmSync(root, { recursive: true }))
const model = join(import.meta.dirname, '../fixtures/qwen3vl/tied')
const layer = Videos.layer({ workers: 1 })

const items = stubItems(3)
const data = join(root, 'train.jsonl')
writeFileSync(
  data,
  items
    .map(({ sample, difficulty, band, weight }) =>
      JSON.stringify({ ...sample, curation: { difficulty, band, weight } }),
    )
    .join('\n'),
)
const render = Effect.gen(function* () {
  const videos = yield* Videos
  for (const { sample } of items)
    yield* videos.encode(join(root, sample.file), {
      width: 64,
      height: 64,
      fps: 2,
      frames: Array.from({ length: 32 }, (_, i) => new Uint8Array(64 * 64 * 3).fill(8 * i)),
    })
})
const options = (run: string, changes: Partial<TrainOptions> = {}): TrainOptions => ({
  model,
  data,
  videos: root,
  run: join(root, run),
  settings: { prompts: 3, group: 4, steps: 4, learningRate: 0.3 },
  validation: {
    samples: [
      ...items.map(({ sample }) => sample),
      { ...items[0]!.sample, id: 'count', task: 'counting', windows: null, answer: '2' },
      { ...items[0]!.sample, id: 'gone', file: 'gone.mp4' },
    ],
    videos: root,
    allowOverlap: true,
  },
  ...changes,
})

const trl: TrlOptions = {
  ...{ gpus: 0, python: 'python3', engine: {}, offload: false, executorOptions: {} },
  ...{ executor: 'local', cpus: 1, host: '127.0.0.1', port: 0 },
}

describe('runCurriculum and runSft', () => {
  it('train from curated data and video files, and record metrics, validation and a database', async () => {
    const outcome = await Effect.runPromise(
      Effect.gen(function* () {
        yield* render
        const given = options('').settings as Record<string, unknown>
        const masked = options('grpo', { settings: { ...given, mask: { kind: 'linear' } } })
        const grpo = yield* runCurriculum(masked).pipe(Effect.provideService(Engine, stubEngine()))
        const { prompts: _, group: __, ...settings } = given
        const sft = yield* runSft(options('sft', { settings: { ...settings, batch: 2 } })).pipe(
          Effect.provideService(Engine, stubEngine()),
        )
        return { grpo, sft }
      }).pipe(Effect.provide(layer)),
    )
    expect(outcome.grpo.steps).toBe(4)
    expect(outcome.sft.steps).toBe(4)
    const rows = readFileSync(join(root, 'grpo', 'metrics.jsonl'), 'utf8')
      .trim()
      .split('\n')
    expect(JSON.parse(rows[0]!).mask.prompts).toBeCloseTo(1 / 3)
    const { validation } = outcome.grpo
    expect(validation.map(({ step }) => step)).toEqual([0, 4])
    expect(validation[0]).toMatchObject({ samples: 4, absent: 1, failed: 0, cut_off: 0 })
    expect(Object.keys(validation[0]!)).toEqual(
      expect.arrayContaining(['miou', 'set_iou', 'r1_05', 'count_exact', 'count_obo', 'parsed']),
    )
    expect(validation[0]).not.toHaveProperty('choice_accuracy')
    const stored = readFileSync(join(root, 'grpo', 'validation.jsonl'), 'utf8')
      .trim()
      .split('\n')
    expect(stored.map((line) => JSON.parse(line))).toEqual(validation)
    expect(existsSync(join(root, 'grpo', 'validation', 'step-000004', 'settings.json'))).toBe(true)
    expect(existsSync(join(root, 'sft', 'metrics.duckdb'))).toBe(true)
  })

  it.each([
    ['other wording', { dialect: 'general' }, /prompts\.dialect was "shapes", is "general"/],
    ['reasoning', { think: 'on' }, /prompts\.plans\.grounding\.ask was false, is true/],
  ] as const)('refuse to continue a run with prompts of %s', async (name, changed, problem) => {
    const settings = { prompts: 3, group: 4, steps: 1, learningRate: 0.3, sampling: { maxTokens: 64 } }
    const { validation: _, ...first } = options(`prompts ${name}`, { settings })
    const error = await Effect.runPromise(
      Effect.gen(function* () {
        yield* render
        yield* runCurriculum(first)
        return yield* Effect.flip(runCurriculum({ ...first, profile: changed }))
      }).pipe(Effect.provideService(Engine, stubEngine()), Effect.provide(layer)),
    )
    expect(error.message).toMatch(problem)
  })

  it('plan only samples that can be trained on', async () => {
    const half = join(root, 'half.jsonl')
    const rows = items.map(({ sample }, i) => JSON.stringify(i === 0 ? { ...sample, windows: null } : sample))
    writeFileSync(half, rows.join('\n'))
    for (const kind of ['sft', 'curriculum'] as const) {
      const { settings: _, ...rest } = options('never', { data: half })
      const plan = await Effect.runPromise(
        Effect.andThen(render, planTraining(kind, rest)).pipe(Effect.provide(layer)),
      )
      expect(plan.samples).toBe(2)
    }
  })

  it('refuse dropped frames through TRL too, by the name of the model', async () => {
    const drop = (name: string) =>
      Effect.runPromise(
        Effect.flip(
          readTrl(
            'curriculum',
            options('trl', { model: name, settings: { mask: { kind: 'linear', mode: 'drop' }, refill: 1 } }),
            trl,
          ),
        ),
      ).then(({ message }) => message)
    expect(await drop('Qwen/Qwen2.5-VL-7B-Instruct')).toContain(
      '"mask.mode": drop is not possible with Qwen2.5-VL-7B-Instruct, which is not told the time of each frame',
    )
    // Where frames carry their times the next setting is refused, which TRL has not.
    expect(await drop('Qwen/Qwen3-VL-8B-Instruct')).toContain('"refill"')
  })

  it('refuse mask schedules that follow the rollouts where an engine asks for masks beforehand', async () => {
    for (const kind of ['adaptive', 'on-failure']) {
      const refused = readTrl('curriculum', options('trl', { settings: { mask: { kind } } }), trl)
      const { message } = await Effect.runPromise(Effect.flip(refused))
      expect(message).toContain(`"mask.kind": ${kind} follows the rollouts`)
      expect(message).toContain('linear, cosine or step')
    }
  })

  it('refuse bad input in one line and write nothing', async () => {
    const refuse = async (changes: Partial<TrainOptions>) => {
      const error = await Effect.runPromise(
        Effect.flip(
          runCurriculum(options('bad', changes)).pipe(Effect.provideService(Engine, stubEngine())),
        ).pipe(Effect.provide(layer)),
      )
      expect(error._tag).toBe('InputError')
      expect(error.message).not.toContain('\n')
      expect(existsSync(join(root, 'bad'))).toBe(false)
      return error.message
    }
    expect(await refuse({ settings: { loss: 'ppo' } })).toContain('"loss"')
    expect(await refuse({ settings: { rewards: { iuo: 1 } } })).toContain('did you mean iou')
    expect(await refuse({ data: join(root, 'none') })).toContain('does not exist')
    expect(await refuse({ videos: join(root, 'elsewhere') })).toContain('none of its 3 videos exists')
    expect(await refuse({ model: root })).toContain('config.json')
    const { allowOverlap: _, ...validation } = options('').validation!
    expect(await refuse({ validation })).toContain('add --allow-overlap')
    for (const family of ['qwen2.5-vl', 'qwen2-vl']) {
      const folder = join(import.meta.dirname, '../fixtures/qwen2vl', family)
      expect(await refuse({ model: folder, settings: { mask: { mode: 'drop' } } })).toContain(
        '"mask.mode": drop is not possible with qwen2',
      )
    }
  })
})
