import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Evaluations, Metrics, Rollouts } from '../../studio/api/index.ts'
import { folderOf } from '../cli/command-line.ts'
import { type OpenStudio, openStudio, token } from './open-studio.ts'

let root: string
let studio: OpenStudio
const at = (...parts: ReadonlyArray<string>) => join(root, ...parts)
const lines = (rows: ReadonlyArray<unknown>) => rows.map((row) => `${JSON.stringify(row)}\n`).join('')

beforeAll(async () => {
  root = folderOf({})
  mkdirSync(at('runs', 'train'), { recursive: true })
  const sample = {
    ...{ id: 's', dataset: 'd', split: 'train', task: 'grounding', video: 'v', file: 'v.mp4', duration: 10 },
    ...{ query: 'q', windows: [[1, 4]] },
  }
  writeFileSync(at('train.jsonl'), lines([sample]))
  writeFileSync(
    at('runs', 'train', 'run.json'),
    JSON.stringify({
      kind: 'curriculum',
      settings: { options: { steps: 20 } },
      provenance: { data: at('train.jsonl') },
    }),
  )
  writeFileSync(
    at('runs', 'train', 'metrics.jsonl'),
    `${lines([
      { step: 0, reward: 0.1, rewards: { iou: 0.2 }, entropy: null },
      { step: 1, reward: 0.5, rewards: { iou: 0.4 }, entropy: 1.5 },
      { step: 1, reward: 0.6, rewards: { iou: 0.5 }, entropy: 1.25, kl: 0.01 },
    ])}{"step":2,"rew`,
  )
  writeFileSync(at('runs', 'train', 'validation.jsonl'), lines([{ step: 0, miou: 0.3 }]))
  const said = (text: string, reward: number) => ({ text, reward, iou: reward, finish: 'stop' })
  writeFileSync(
    at('runs', 'train', 'rollouts.jsonl'),
    lines([
      { step: 0, sample: 'd/train/s', rollouts: [said('<answer>1.0 to 4.0</answer>', 1), said('?', 0)] },
      { step: 1, sample: 'd/train/gone', rollouts: [said('<answer>none</answer>', 0), said('?', 0)] },
    ]),
  )
  studio = await openStudio({ folder: at('runs') })
})
afterAll(async () => {
  await studio.close()
  rmSync(root, { recursive: true })
})

describe('a training', () => {
  it('has its figures by step, nested ones by name, a step done again as it was last', async () => {
    const { planned, steps, values, validation } = await studio.get<Metrics>('/api/runs/train/metrics')
    expect([planned, steps]).toEqual([20, [0, 1]])
    expect(values).toEqual({
      reward: [0.1, 0.6],
      'rewards.iou': [0.2, 0.5],
      entropy: [null, 1.25],
      kl: [null, 0.01],
    })
    expect(validation.values).toEqual({ miou: [0.3] })
    expect((await studio.get<Metrics>('/api/runs/train/metrics?after=0')).steps).toEqual([1])
  })

  it('has the groups of a step with advantages, and says which teach nothing', async () => {
    const first = await studio.get<Rollouts>('/api/runs/train/rollouts?step=0')
    expect(first.steps).toEqual([0, 1])
    const [group] = first.groups
    expect(group).toMatchObject({ sample: 's', query: 'q', windows: [[1, 4]], constant: false })
    expect(group!.rollouts.map(({ outcome, windows }) => [outcome, windows])).toEqual([
      ['answer', [[1, 4]]],
      ['unreadable', []],
    ])
    expect(group!.rollouts[0]!.advantage).toBeCloseTo(0.5 / (Math.SQRT1_2 + 1e-4), 6)
    const last = await studio.get<Rollouts>('/api/runs/train/rollouts')
    expect(last.groups[0]).toMatchObject({ key: 'd/train/gone', sample: null, constant: true })
  })

  it('names the line of a record that is damaged, instead of showing less', async () => {
    const bearer = { authorization: `Bearer ${token}` }
    for (const name of ['metrics', 'rollouts']) {
      const file = at('runs', 'train', `${name}.jsonl`)
      const before = readFileSync(file)
      writeFileSync(file, `{"step": 0, "rewa\n${before}`)
      const answer = await studio.raw(`/api/runs/train/${name}`, bearer)
      writeFileSync(file, before)
      expect(answer.status).toBe(422)
      expect(JSON.parse(answer.text)).toMatchObject({
        error: expect.stringMatching(/\.jsonl:1: invalid JSON/),
        remedy: 'restore the line or remove it',
      })
    }
  })

  it('is no curation and no evaluation', async () => {
    const bearer = { authorization: `Bearer ${token}` }
    for (const path of ['table', 'queue', 'decisions', 'folds', 'samples/x', 'samples/x/video'])
      expect((await studio.raw(`/api/runs/train/${path}`, bearer)).status).toBe(404)
    expect((await studio.get<Evaluations>('/api/evaluations')).evaluations).toEqual([])
    expect((await studio.raw('/api/compare?a=train&b=train', bearer)).status).toBe(404)
  })
})
