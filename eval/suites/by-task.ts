import { type Sample, type Task, windowF1 } from '../../core/index.ts'
import type { Predictions } from '../../tasks/index.ts'
import { groundingColumns, groundingScores } from '../metrics/grounding.ts'
import type { MetricColumn } from '../statistics/column.ts'
import type { Suite } from '../suite.ts'

const ofTask = (samples: ReadonlyArray<Sample>, ...tasks: ReadonlyArray<Task>): Uint8Array =>
  Uint8Array.from(samples, ({ task }) => (tasks.includes(task) ? 1 : 0))

/** 1 where the answer is the true letter or count, read as text without outer white space. */
const rightAnswers = (samples: ReadonlyArray<Sample>, predictions: Predictions): Float64Array =>
  Float64Array.from(samples, ({ id, answer }) => {
    const given = predictions.get(id)?.answer?.trim()
    return given !== undefined && given === answer ? 1 : 0
  })

/** 1 where the counted number is within one of the truth. */
const withinOne = (samples: ReadonlyArray<Sample>, predictions: Predictions): Float64Array =>
  Float64Array.from(samples, ({ id, answer, task }) => {
    const given = predictions.get(id)?.answer?.trim() ?? ''
    return task === 'counting' && /^\d{1,15}$/.test(given) && Math.abs(Number(given) - Number(answer)) <= 1
      ? 1
      : 0
  })

/**
 * Scores samples of every task together: grounding as `mIoU`, `R1@t`, `msIoU` and `F1@0.5` (windows matched one to
 * one), grounded QA as `GQA-mIoU`, `Acc@QA` and `Acc@GQA` (right and IoU at least 0.5), choice as `choice`, counting as
 * `Exact` and `OBO`, all in percent. The metrics of a task without samples are NaN. IoUs are in double precision, and
 * one that equals a threshold passes.
 */
const scoreByTask: Suite['score'] = (samples, predictions) => {
  const scores = groundingScores(samples, predictions)
  const right = rightAnswers(samples, predictions)
  const parsed = Uint8Array.from(samples, ({ id, task }, i) => {
    const answered = (predictions.get(id)?.answer ?? null) !== null
    if (task === 'grounding') return scores.parsed[i]!
    return answered && (task !== 'grounded-qa' || scores.parsed[i] === 1) ? 1 : 0
  })
  const grounded = ofTask(samples, 'grounded-qa')
  const counting = ofTask(samples, 'counting')
  const both = right.map((value, i) => (value === 1 && scores.ious[i]! >= 0.5 ? 1 : 0))
  const grounding = ofTask(samples, 'grounding')
  const matched = Float64Array.from(samples, ({ id, windows }) => {
    const given = predictions.get(id)?.windows
    return given === undefined || given === null ? 0 : windowF1(given, windows ?? [], 0.5)
  })
  const columns: ReadonlyArray<MetricColumn> = [
    ...groundingColumns(scores, '>=').map((column) => ({ ...column, counted: grounding })),
    { metric: 'F1@0.5', values: matched, counted: grounding, scale: 100 },
    { metric: 'GQA-mIoU', values: scores.ious, counted: grounded, scale: 100 },
    { metric: 'Acc@QA', values: right, counted: grounded, scale: 100 },
    { metric: 'Acc@GQA', values: both, counted: grounded, scale: 100 },
    { metric: 'choice', values: right, counted: ofTask(samples, 'choice'), scale: 100 },
    { metric: 'Exact', values: right, counted: counting, scale: 100 },
    { metric: 'OBO', values: withinOne(samples, predictions), counted: counting, scale: 100 },
  ]
  return { columns, parsed, missing: scores.missing, ious: scores.ious }
}

/**
 * {@link scoreByTask} as a suite without a benchmark: validation during training, and data without a published
 * protocol.
 */
export const byTask: Suite = {
  name: 'by-task',
  dataset: 'jsonl',
  split: 'test',
  trainSplit: 'train',
  tasks: ['grounding', 'counting', 'choice', 'grounded-qa'],
  rules: ['by-task'],
  headline: ['mIoU', 'R1@0.5', 'R1@0.7', 'Acc@GQA', 'choice', 'Exact'],
  score: scoreByTask,
}
