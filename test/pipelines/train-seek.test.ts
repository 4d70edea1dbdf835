import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Effect, type Scope } from 'effect'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Sample } from '../../core/index.ts'
import { Engine } from '../../engine/index.ts'
import type { TrainOptions } from '../../pipelines/train/options.ts'
import { runCurriculum, runSft } from '../../pipelines/train.ts'
import { readTrl } from '../../pipelines/trl/open.ts'
import { Videos } from '../../video/index.ts'
import { model, workplace, writeRows } from '../cli/workplace.ts'
import { stubEngine } from '../trainer/stub.ts'

const samples = ['A', 'B', 'C'].map(
  (answer, index): Sample => ({
    ...{
      id: `good_${index}`,
      dataset: 'nextqa',
      split: 'train',
      task: 'choice',
      video: 'good',
      file: 'good.mp4',
    },
    ...{ duration: null, query: 'what does the dog do', windows: null, answer, meta: { type: 'CW' } },
    options: ['run', 'sit', 'eat', 'bark', 'dig'],
  }),
)

let root = ''
beforeAll(async () => {
  root = await workplace('train-seek')
  writeRows(join(root, 'nextqa.jsonl'), samples)
  // As NExT-GQA's: the windows say which seconds show the answer.
  writeRows(
    join(root, 'nextgqa.jsonl'),
    samples.map((one) => ({ ...one, task: 'grounded-qa', duration: 10, windows: [[3, 5]] })),
  )
})
afterAll(() => rmSync(root, { recursive: true }))

const optionsOf = (data: string, run: string, settings: TrainOptions['settings'] = {}): TrainOptions => ({
  model,
  data: join(root, data),
  videos: join(root, 'videos'),
  run: join(root, run),
  settings: { steps: 2, seek: { frames: 2, rounds: 2 }, ...settings },
})
const perform = <A, E>(work: Effect.Effect<A, E, Engine | Videos | Scope.Scope>) =>
  Effect.runPromise(
    Effect.scoped(work).pipe(
      Effect.provideService(Engine, stubEngine()),
      Effect.provide(Videos.layer({ workers: 1 })),
    ),
  )
const rowsOf = (run: string, file = 'metrics.jsonl') =>
  readFileSync(join(root, run, file), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))

describe('training on frame seeking', () => {
  it('runs GRPO on questions without windows, validates in the same way, and records the conversations', async () => {
    const validation = { samples, videos: join(root, 'videos'), allowOverlap: true }
    const settings = { prompts: 2, group: 2 }
    await perform(runCurriculum({ ...optionsOf('nextqa.jsonl', 'grpo', settings), validation }))
    expect(rowsOf('grpo')).toHaveLength(2)
    // The engine of this test answers and never asks for frames.
    expect(rowsOf('grpo')[1]).toMatchObject({
      seek: { rounds: 1, frames: 2 },
      mask: { ratio: 0 },
      rewards: { answer: 0 },
    })
    const [log] = rowsOf('grpo', 'rollouts.jsonl')
    expect(log.rollouts[0].rounds[0].shown).toHaveLength(2)
    expect(rowsOf('grpo', 'validation.jsonl')).toMatchObject([
      { step: 0, samples: 3, rounds: 1, frames: 2 },
      { step: 2, samples: 3, rounds: 1, frames: 2 },
    ])
  })

  it('runs supervised fine-tuning where windows show the answer', async () => {
    await perform(runSft(optionsOf('nextgqa.jsonl', 'sft', { batch: 2 })))
    expect(rowsOf('sft')).toHaveLength(2)
  })

  it('refuses what it cannot train on, before anything is written', async () => {
    const refused = (
      work: Effect.Effect<unknown, { readonly message: string }, Engine | Videos | Scope.Scope>,
    ) => perform(Effect.flip(work)).then(({ message }) => message)
    expect(await refused(runSft(optionsOf('nextqa.jsonl', 'bad')))).toMatch(
      /none of 3 samples has a video, options, an answer and windows that show it/,
    )
    expect(await refused(runCurriculum(optionsOf('nextqa.jsonl', 'bad', { inject: 'always' })))).toMatch(
      /"inject": an annotation cannot take the place of a conversation/,
    )
    const grounding = samples.map((one): Sample => ({ ...one, task: 'grounding', windows: [[1, 2]] }))
    const validation = { samples: grounding, videos: join(root, 'videos'), allowOverlap: true }
    expect(await refused(runCurriculum({ ...optionsOf('nextqa.jsonl', 'bad'), validation }))).toMatch(
      /--validation: has no multiple-choice samples/,
    )
    const trl = {
      ...{ gpus: 0, python: 'python3', engine: {}, offload: false, executorOptions: {} },
      ...({ executor: 'local', cpus: 1, host: '127.0.0.1', port: 0 } as const),
    }
    const served = (settings: object, engine = {}, kind: 'sft' | 'curriculum' = 'curriculum') =>
      refused(
        readTrl(
          kind,
          optionsOf(kind === 'sft' ? 'nextgqa.jsonl' : 'nextqa.jsonl', 'bad', {
            ...(kind === 'sft' ? { batch: 2 } : { prompts: 2, group: 2 }),
            ...{ seek: {}, ...settings },
          }),
          { ...trl, engine },
        ),
      )
    expect(await served({ seek: { pairing: 'reference' } })).toMatch(/"seek.pairing": TRL trains all rounds/)
    expect(await served({ maskTruncated: true })).toMatch(/"maskTruncated": TRL looks at the last reply/)
    expect(await served({}, { packing: false })).toMatch(/"seek": rounds of different lengths/)
    expect(existsSync(join(root, 'bad'))).toBe(false)
  })
})
