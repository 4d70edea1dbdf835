import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Effect } from 'effect'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Sample, Window } from '../../core/index.ts'
import { runEval } from '../../pipelines/eval.ts'
import type { Comparison, Evaluations } from '../../studio/api/index.ts'
import { folderOf } from '../cli/command-line.ts'
import { type OpenStudio, openStudio, token } from './open-studio.ts'

const samples = Array.from(
  { length: 6 },
  (_, i): Sample => ({
    ...{ id: `s${i}`, dataset: 'shapes', split: 'valid', task: 'grounding', video: `v${i >> 1}` },
    ...{ file: 'v.mp4', duration: 10, query: `query ${i}`, windows: [[i, i + 2]] },
  }),
)

let root: string
let studio: OpenStudio

/** An evaluation of some samples whose windows are late by some seconds. */
const evaluate = async (name: string, some: ReadonlyArray<Sample>, late: number) => {
  const out = join(root, name)
  mkdirSync(out)
  const predictions = some.map(({ id, windows }) => ({
    id,
    windows: windows!.map(([start, end]): Window => [start + late, end + late]),
  }))
  writeFileSync(
    join(out, 'settings.json'),
    JSON.stringify({ model: { model: name }, settings: { benchmark: null } }),
  )
  writeFileSync(join(out, 'predictions.jsonl'), predictions.map((one) => `${JSON.stringify(one)}\n`).join(''))
  await Effect.runPromise(
    runEval(
      { suite: 'shapes', samples: some, train: some, out, seed: 0 },
      name,
      new Map(predictions.map((one) => [one.id, one])),
    ),
  )
}

beforeAll(async () => {
  root = folderOf({})
  await evaluate('exact', samples, 0)
  await evaluate('late', samples.slice(1), 1)
  await evaluate('other', [{ ...samples[0]!, id: 'x' }], 0)
  studio = await openStudio({ folder: root })
})
afterAll(async () => {
  await studio.close()
  rmSync(root, { recursive: true })
})

describe('evaluations', () => {
  it('have their metrics with intervals and floors, the headline first', async () => {
    const { evaluations } = await studio.get<Evaluations>('/api/evaluations')
    expect(evaluations.map(({ run }) => run).toSorted()).toEqual(['exact', 'late', 'other'])
    const exact = evaluations.find(({ run }) => run === 'exact')!
    expect(exact).toMatchObject({ suite: 'shapes', samples: 6, parsed: 1 })
    const miou = exact.metrics.find(({ name }) => name === 'mIoU')!
    expect(miou).toMatchObject({ value: 100, interval: [100, 100] })
    expect(miou.floor).toBeGreaterThan(0)
    expect(miou.floor).toBeLessThan(100)
  })

  it('are named where their report cannot be read', async () => {
    for (const [name, text] of [
      ['torn', '{"suite": "shapes", "rul'],
      ['strange', '[1, 2]'],
    ] as const) {
      mkdirSync(join(root, name))
      writeFileSync(join(root, name, 'settings.json'), '{}')
      writeFileSync(join(root, name, 'report.json'), text)
    }
    const other = await openStudio({ folder: root })
    const answer = await other.get<Evaluations>('/api/evaluations')
    await other.close()
    expect(answer.damaged.toSorted()).toEqual(['strange', 'torn'])
    expect(answer.evaluations).toHaveLength(3)
  })

  it('are compared over the samples that both have, the largest loss first', async () => {
    const compared = await studio.get<Comparison>('/api/compare?a=exact&b=late')
    expect([compared.samples, compared.leftOut]).toEqual([5, 1])
    const miou = compared.metrics.find(({ name }) => name === 'mIoU')!
    expect(miou.change).toBeCloseTo(100 / 3 - 100, 6)
    expect(miou.interval![0]).toBeLessThanOrEqual(miou.change + 1e-9)
    expect(compared.rows[0]).toMatchObject({ a: { iou: 1 }, b: { iou: 1 / 3 } })
    const changes = compared.rows.map(({ change }) => change)
    expect(changes).toEqual(changes.toSorted((x, y) => x - y))
    const back = await studio.get<Comparison>('/api/compare?a=late&b=exact')
    expect(back.metrics.find(({ name }) => name === 'mIoU')!.change).toBeCloseTo(-miou.change, 9)
  })

  it('of nothing in common are refused', async () => {
    const bearer = { authorization: `Bearer ${token}` }
    expect((await studio.raw('/api/compare?a=exact&b=other', bearer)).status).toBe(422)
    expect((await studio.raw('/api/compare?a=exact&b=..%2flate', bearer)).status).toBe(404)
  })
})
