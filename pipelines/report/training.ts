import { join } from 'node:path'
import { Effect } from 'effect'
import { z } from 'zod'
import { mean } from '../../core/index.ts'
import { spearman } from '../../eval/index.ts'
import { readRows } from '../../files/index.ts'
import { validationRows, validationShares } from '../train/validate.ts'
import { lines, type Series } from './chart.ts'

/** What the charts need of a row of metrics.jsonl; runs of earlier versions lack some of it. */
const metrics = z.object({
  step: z.int(),
  reward: z.number().nullish(),
  loss: z.number().nullish(),
  thought: z.object({ tokens: z.number(), answer: z.number() }).optional(),
  tasks: z.record(z.string(), z.object({ prompts: z.number(), solved: z.number() })).optional(),
})
export type TrainingStep = z.output<typeof metrics>

/** Share of a step's samples that its rollouts solve, over all tasks; null where the row does not say. */
const accuracyOf = ({ tasks = {} }: TrainingStep): number | null => {
  const all = Object.values(tasks)
  const prompts = all.reduce((sum, task) => sum + task.prompts, 0)
  return prompts === 0 ? null : all.reduce((sum, task) => sum + task.prompts * task.solved, 0) / prompts
}

/** How accuracy and tokens of thought grow together. */
export interface Growth {
  /** Spearman's rank correlation over the steps; NaN where either never changes. */
  readonly correlation: number
  /** Means over the first and the last fifth of the steps. */
  readonly accuracy: readonly [first: number, last: number]
  readonly thought: readonly [first: number, last: number]
}

/** The growth of a run; null where its rows hold no thoughts, or no rollouts. */
export const growthOf = (steps: ReadonlyArray<TrainingStep>): Growth | null => {
  const both = steps.flatMap((step) => {
    const accuracy = accuracyOf(step)
    return accuracy === null || step.thought === undefined ? [] : [{ accuracy, tokens: step.thought.tokens }]
  })
  if (both.length < 2 || both.every(({ tokens }) => tokens === 0)) return null
  const part = Math.max(1, Math.floor(both.length / 5))
  const ends = (figure: (row: (typeof both)[number]) => number) =>
    [mean(both.slice(0, part).map(figure)), mean(both.slice(-part).map(figure))] as const
  return {
    correlation: spearman(
      both.map(({ accuracy }) => accuracy),
      both.map(({ tokens }) => tokens),
    ),
    accuracy: ends(({ accuracy }) => accuracy),
    thought: ends(({ tokens }) => tokens),
  }
}

type Point = readonly [x: number, y: number]
const curve = (name: string, colour: number, points: ReadonlyArray<Point | null>): Series => ({
  name,
  colour,
  points: points.filter((point) => point !== null),
})

/** Accuracy and length of thought of a run, side by side over the same steps. */
export const growthCharts = (steps: ReadonlyArray<TrainingStep>): ReadonlyArray<string> => {
  const at = ({ step }: TrainingStep, y: number | null | undefined): Point | null =>
    y === null || y === undefined ? null : [step + 1, y]
  const tasks = [...new Set(steps.flatMap((step) => Object.keys(step.tasks ?? {})))].toSorted()
  return [
    lines(
      { title: 'Accuracy of rollouts', x: 'step', y: 'share solved', range: [0, 1] },
      tasks.slice(0, 4).map((task, index) =>
        curve(
          task,
          index + 1,
          steps.map((step) => at(step, step.tasks?.[task]?.solved)),
        ),
      ),
    ),
    lines({ title: 'Length of replies', x: 'step', y: 'tokens' }, [
      curve(
        'thought',
        1,
        steps.map((step) => at(step, step.thought?.tokens)),
      ),
      curve(
        'answer',
        2,
        steps.map((step) => at(step, step.thought?.answer)),
      ),
    ]),
  ]
}

/** The part of a report that is about a training run; null where the folder holds none. */
export const trainingSection = Effect.fnUntraced(function* (run: string) {
  const rows = yield* readRows(join(run, 'metrics.jsonl'), metrics)
  const steps = rows.filter(({ reward, loss }) => typeof reward === 'number' || typeof loss === 'number')
  if (steps.length === 0) return null
  const measured = yield* validationRows(join(run, 'validation.jsonl'))
  const growth = growthOf(steps)
  const figures = validationShares.filter((name) => measured.some((row) => row[name] !== undefined))
  const sampled = steps.some(({ reward }) => typeof reward === 'number')
  const charts = [
    lines(
      {
        title: sampled ? 'Reward' : 'Loss',
        x: 'step',
        y: sampled ? 'mean over rollouts' : 'mean over tokens',
      },
      [
        curve(
          sampled ? 'reward' : 'loss',
          1,
          steps.map(({ step, reward, loss }) => {
            const value = sampled ? reward : loss
            return value === undefined || value === null ? null : [step + 1, value]
          }),
        ),
      ],
    ),
    ...growthCharts(steps),
    lines(
      { title: 'Validation', x: 'step', y: 'share', range: [0, 1] },
      figures.slice(0, 4).map((name, index) =>
        curve(
          name,
          index + 1,
          measured.map((row) => (row[name] === undefined ? null : [row.step, row[name]])),
        ),
      ),
    ),
  ]
  const change = ([first, last]: readonly [number, number], digits: number) =>
    `from ${first.toFixed(digits)} to ${last.toFixed(digits)}`
  const words =
    growth === null
      ? ''
      : `<p>From the first fifth of the steps to the last, accuracy goes ${change(growth.accuracy, 3)} and the length of thoughts ${change(growth.thought, 1)} tokens${Number.isNaN(growth.correlation) ? '' : `; over the steps they correlate by ${growth.correlation.toFixed(2)} (Spearman)`}.</p>`
  return {
    html: `<h2>Training</h2>${words}<div class="charts">${charts.join('')}</div>`,
    steps: steps.length,
    growth,
  }
})
