import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Effect } from 'effect'
import { expect, it } from 'vitest'
import {
  growthCharts,
  growthOf,
  type TrainingStep,
  trainingSection,
} from '../../pipelines/report/training.ts'

const step = (index: number, solved: number, tokens: number): TrainingStep => ({
  step: index,
  thought: { tokens, answer: 4 },
  tasks: { counting: { prompts: 3, solved }, choice: { prompts: 1, solved: 1 } },
})

it('tells whether accuracy and thoughts grow together, over all tasks by their prompts', () => {
  const steps = Array.from({ length: 10 }, (_, index) => step(index, index / 10, 20 + index ** 2))
  const growth = growthOf(steps)!
  expect(growth.correlation).toBeCloseTo(1)
  expect(growth.accuracy[0]).toBeCloseTo(0.75 * 0.05 + 0.25)
  expect(growth.accuracy[1]).toBeCloseTo(0.75 * 0.85 + 0.25)
  expect(growth.thought).toEqual([20.5, 20 + (64 + 81) / 2])
  const shrinking = steps.map((one, index) => ({ ...one, thought: { tokens: 99 - index, answer: 4 } }))
  expect(growthOf(shrinking)!.correlation).toBeCloseTo(-1)
})

it('says nothing of runs without thoughts or rollouts, and draws what there is', () => {
  expect(growthOf([step(0, 1, 0), step(1, 1, 0)])).toBeNull()
  expect(growthOf([{ step: 0, loss: 1 }])).toBeNull()
  const [accuracy, length] = growthCharts([step(0, 0.5, 10), step(1, 0.6, 12)])
  expect(accuracy!.match(/<polyline/g)).toHaveLength(2)
  expect(length).toContain('thought')
})

it('reads a run that is being written, and names the line of a damaged one', async () => {
  const run = mkdtempSync(join(tmpdir(), 'spanwise-report-'))
  const write = (name: string, text: string) => writeFileSync(join(run, name), text)
  const section = () => Effect.runPromise(trainingSection(run))
  expect(await section()).toBeNull()
  write('metrics.jsonl', '{"step":0,"reward":0.5}\n{"step":1,"reward":null,"loss":2}\n{"step":2,"rew')
  write('validation.jsonl', '{"step":0,"miou":0.5}\n{"step":1,"mi')
  expect((await section())!.steps).toBe(2)
  write('validation.jsonl', '{"step":0,"choice_accuracy":0.5,"parsed":1,"rounds":3.5,"frames":9}\n')
  const { html } = (await section())!
  expect(html).toContain('choice_accuracy')
  // Numbers of rounds and frames are no shares, which the axis shows.
  expect(html).not.toMatch(/rounds|frames/)
  write('validation.jsonl', '{"step":0,"miou":"high"}\n')
  await expect(section()).rejects.toThrow(/validation\.jsonl:1: miou: .*; restore the line or remove it/)
})
