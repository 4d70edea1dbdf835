import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Effect } from 'effect'
import { beforeAll, describe, expect, it } from 'vitest'
import { accelerateConfig } from '../../pipelines/trl/accelerate.ts'
import { memoryOf, secondsOf, tokensOf } from '../../pipelines/trl/estimate.ts'
import { modelSize, sizeOfConfig } from '../../pipelines/trl/model-size.ts'
import { checkSupported } from '../../pipelines/trl/supported.ts'
import { grpoSchema, readTrainingData, sftSchema } from '../../trainer/index.ts'
import { engineSettings } from '../../trainer/service/index.ts'
import { spanwiseHere } from '../cli/command-line.ts'
import { makeScene, type Scene } from './scene.ts'

let scene: Scene
beforeAll(async () => {
  scene = await makeScene('plan', 4)
})

const validated = ['--dataset', 'jsonl', '--validation', 'valid', '--allow-overlap']

const planOf = (data: string, ...words: ReadonlyArray<string>) =>
  spanwiseHere(
    scene.root,
    ...['train', 'curriculum', '--engine', 'trl', '--data', data, '--videos', scene.videos],
    ...['--run', 'run', '--plan', ...words],
  )
const plan = (...words: ReadonlyArray<string>) => planOf(scene.data, ...words)

describe('--engine trl --plan', () => {
  it('ends with one object, and writes and starts nothing', async () => {
    const { code, out } = await plan(
      '--json',
      '--set',
      'prompts=4',
      '--steps',
      '10',
      '--gpus',
      '2',
      '--python',
      '/no/such/python',
    )
    expect(code).toBe(0)
    const answer = JSON.parse(out.trim().split('\n').at(-1)!)
    expect(Object.keys(answer)).toEqual([
      ...['engine', 'model', 'commands', 'prompts', 'group', 'visionTokens', 'promptTokens', 'tokensPerStep'],
      ...['memoryGB', 'steps', 'hours'],
    ])
    expect(answer).toMatchObject({ engine: 'trl', prompts: 4, group: 8, steps: 10 })
    expect(answer.promptTokens).toBeGreaterThan(answer.visionTokens)
    expect(answer.tokensPerStep).toBe(4 * (answer.promptTokens + 8 * 64))
    expect(answer.memoryGB).toBeGreaterThan(0)
    expect(answer.hours).toBeGreaterThan(0)
    expect(answer.commands).toHaveLength(1)
    expect(answer.commands[0]).toContain('--num_processes 2 -m spanwise_trl')
    expect(existsSync(join(scene.root, 'run'))).toBe(false)
  })

  it('knows models of the hub that are not here, and says where it does not', async () => {
    const known = JSON.parse((await plan('--json', '--model', 'Qwen/Qwen3-VL-4B-Instruct')).out)
    expect(known.model).toBe('Qwen/Qwen3-VL-4B-Instruct')
    expect(known.memoryGB).toBeGreaterThan(30)
    const unknown = JSON.parse((await plan('--json', '--model', 'someone/else-9B')).out)
    expect(unknown).toMatchObject({ memoryGB: null, hours: null })
    expect((await plan('--model', 'someone/else-9B')).out).toContain('no estimate of memory and time')
  })

  it.each(['Qwen/Qwen2.5-VL-3B-Instruct', 'Qwen/Qwen2-VL-2B-Instruct'])(
    'trains frame seeking of %s, which is shown a video for each frame',
    async (model) => {
      const data = join(scene.root, 'choice.jsonl')
      const choice = { task: 'choice', options: ['a', 'b'], answer: 'A' }
      writeFileSync(data, scene.samples.map((sample) => JSON.stringify({ ...sample, ...choice })).join('\n'))
      const { code, err } = await planOf(data, '--json', '--model', model, '--set', 'seek={}')
      expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' })
    },
  )

  it('takes no more prompts a step than there are samples, and says so', async () => {
    const { out, err, code } = await plan('--json', '--set', 'prompts=400')
    expect(code).toBe(0)
    expect(JSON.parse(out).prompts).toBe(scene.samples.length)
    expect(err + out).toContain(`instead of 400`)
  })

  it('computes each prompt for its whole group where packing is off', async () => {
    const { tokensPerStep, promptTokens } = JSON.parse(
      (await plan('--json', '--set', 'prompts=4', '--packing', 'off')).out,
    )
    expect(tokensPerStep).toBe(4 * 8 * (promptTokens + 64))
  })

  it('shows the command that a scheduler would be given', async () => {
    const { commands } = JSON.parse(
      (
        await plan(
          '--json',
          '--executor',
          'slurm',
          '--option',
          'partition=gpu',
          '--gpus',
          '4',
          '--steps',
          '2',
        )
      ).out,
    )
    expect(commands).toHaveLength(2)
    expect(commands[0]).toContain('train curriculum --engine trl')
    expect(commands[0]).not.toContain('slurm')
    expect(commands[0]).not.toContain('partition')
    expect(commands[0]).toContain('--gpus 4')
  })

  it.each([
    [['--set', 'prompts=3', '--gpus', '2'], '3 prompts cannot be shared by 2 GPUs'],
    [['--set', 'inject=always'], 'setting "inject"'],
    [['--set', 'temporal=true'], 'setting "temporal"'],
    [['--set', 'refill=1'], 'setting "refill"'],
    [['--set', 'engine.packin=true'], 'did you mean packing'],
    [['--set', 'engine.precision=fp8'], 'setting "precision"'],
    [['--model', 'nowhere'], 'no such folder'],
    [[...validated, '--lora-rank', '4'], '--validation: checkpoints of adapters'],
    [[...validated, '--model', 'Qwen/Qwen3-VL-4B-Instruct'], 'needs the files of Qwen/Qwen3-VL-4B-Instruct'],
    [[...validated, '--set', 'evaluateEvery=2'], 'setting "evaluateEvery"'],
    [['--dataset', 'jsonl', '--validation', 'valid'], 'add --allow-overlap'],
  ])('refuses %j in one line', async (words, problem) => {
    const { code, err } = await plan('--json', ...words)
    expect(code).toBe(2)
    expect(err.trim().split('\n').at(-1)).toContain(problem)
  })
})

it('a Python that cannot train is refused before the run has a folder', async () => {
  const { code, err } = await spanwiseHere(
    scene.root,
    ...['train', 'sft', '--engine', 'trl', '--gpus', '0', '--data', scene.data, '--videos', scene.videos],
    ...['--run', 'never', '--python', '/no/such/python'],
  )
  expect(err.trim().split('\n').at(-1)).toMatch(/--python \/no\/such\/python: cannot be started/)
  expect([code, existsSync(join(scene.root, 'never'))]).toEqual([2, false])
})

it.each([
  ['curriculum', {}, null],
  ['curriculum', { scale: 'none' }, null],
  ['curriculum', { beta: 0.1 }, 'TRL does not weigh the KL term'],
  ['curriculum', { scale: 'batch' }, 'the deviation of a batch'],
  ['sft', {}, 'SFTTrainer weighs all samples equally'],
] as const)('weights of samples in %s with %j: %s', async (kind, changes, problem) => {
  const { items } = await Effect.runPromise(readTrainingData(scene.data))
  const common = { learningRate: 1, ...changes }
  const settings =
    kind === 'sft' ? sftSchema.parse(common) : grpoSchema.parse({ ...common, sampling: { maxTokens: 8 } })
  const check = (weight: number) =>
    Effect.runPromise(
      checkSupported(
        settings,
        items.map((item, i) => (i === 1 ? { ...item, weight } : item)),
      ).pipe(
        Effect.as(null),
        Effect.catch(({ message }) => Effect.succeed(message)),
      ),
    )
  expect(await check(1)).toBeNull()
  const said = await check(0.25)
  if (problem === null) expect(said).toBeNull()
  else expect(said).toContain(`${items[1]!.key}: has weight 0.25, and ${problem}`)
})

describe('estimates', () => {
  const size = sizeOfConfig({
    tie_word_embeddings: true,
    text_config: {
      ...{ hidden_size: 2048, intermediate_size: 6144, num_hidden_layers: 28, num_attention_heads: 16 },
      ...{ num_key_value_heads: 8, head_dim: 128, vocab_size: 151936, tie_word_embeddings: true },
    },
    vision_config: { depth: 24, hidden_size: 1024, intermediate_size: 4096 },
  })!
  const step = {
    ...({ kind: 'curriculum', prompts: 8, group: 8, updates: 1, beta: 0 } as const),
    ...{ first: { vision: 3136, all: 3289 }, later: [], replyTokens: 64 },
  }
  const engine = (changes = {}) => engineSettings.parse({ model: 'm', output: 'o', ...changes })

  it('are near to what was measured on an H200 (BENCHMARKS.md)', () => {
    expect((size.language + size.vision) / 2.13e9).toBeCloseTo(1, 1)
    const long = { ...step, replyTokens: 512 }
    const many = { ...step, first: { vision: 6272, all: 6569 } }
    for (const [shape, gigabytes, seconds] of [
      [step, 31.3, 3.18],
      [long, 41.1, 8.46],
      [many, 47.5, 6.01],
    ] as const) {
      expect(memoryOf(size, shape, engine()) / gigabytes).toBeGreaterThan(0.85)
      expect(memoryOf(size, shape, engine()) / gigabytes).toBeLessThan(1.15)
      expect(secondsOf(size, shape, engine(), 1) / seconds).toBeGreaterThan(0.6)
      expect(secondsOf(size, shape, engine(), 1) / seconds).toBeLessThan(1.6)
    }
    const plain = memoryOf(size, step, engine({ packing: false }))
    expect(plain / 55.5).toBeGreaterThan(0.85)
    expect(plain / 55.5).toBeLessThan(1.15)
  })

  it('fall with sharding, adapters and a frozen tower, and rise with single precision', () => {
    const of = (changes = {}) =>
      memoryOf(size, { ...step, prompts: 16 }, engine({ processes: 2, ...changes }))
    expect(of({ sharding: 'zero2' })).toBeLessThan(of())
    expect(of({ sharding: 'fsdp2' })).toBeLessThan(of({ sharding: 'zero2' }))
    expect(of({ loraRank: 16 })).toBeLessThan(of({ freezeVision: true }))
    expect(of({ freezeVision: true })).toBeLessThan(of())
    expect(of({ precision: 'fp32' })).toBeGreaterThan(1.9 * of())
    expect(tokensOf(step, true)).toBeLessThan(tokensOf(step, false) / 7)
  })

  it('read the sizes of published models by name and of checkpoints by their configuration', () => {
    for (const [name, parameters] of [
      ['Qwen/Qwen3-VL-2B-Instruct', 2.13e9],
      ['Qwen/Qwen3-VL-8B-Instruct', 8.77e9],
      ['Qwen/Qwen2.5-VL-7B-Instruct', 8.29e9],
      ['Qwen/Qwen2-VL-2B-Instruct', 2.21e9],
    ] as const) {
      const { language, vision } = modelSize(name)!
      expect((language + vision) / parameters).toBeCloseTo(1, 1)
    }
    expect(modelSize('who/knows')).toBeNull()
    expect(modelSize(join(import.meta.dirname, '../../checkpoints/shapes-base'))!.layers).toBeGreaterThan(0)
    expect(sizeOfConfig({ model_type: 'bert' })).toBeNull()
  })
})

describe('the accelerate configuration', () => {
  it.each([
    [{ gpus: 0, sharding: 'ddp', offload: false }, ['distributed_type: "NO"', 'use_cpu: true']],
    [{ gpus: 1, sharding: 'ddp', offload: false }, ['distributed_type: "NO"', 'num_processes: 1']],
    [{ gpus: 4, sharding: 'ddp', offload: false }, ['distributed_type: "MULTI_GPU"', 'num_processes: 4']],
    [
      { gpus: 2, sharding: 'fsdp2', offload: true },
      ['fsdp_version: 2', 'fsdp_offload_params: true', 'FULL_STATE_DICT'],
    ],
    [
      { gpus: 2, sharding: 'zero2', offload: true },
      ['zero_stage: 2', 'offload_param_device: "none"', 'offload_optimizer_device: "cpu"'],
    ],
    [
      { gpus: 2, sharding: 'zero3', offload: true },
      ['zero_stage: 3', 'offload_param_device: "cpu"', 'zero3_save_16bit_model: true'],
    ],
  ] as const)('of %j', (shape, lines) => {
    const text = accelerateConfig(shape)
    for (const line of lines) expect(text).toContain(line)
    expect(text).toContain('main_process_port: 0')
  })
})
