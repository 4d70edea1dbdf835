import type { Sample } from '../../core/index.ts'
import type { Predictions } from '../../tasks/index.ts'
import type { MetricColumn } from '../statistics/column.ts'
import type { Suite } from '../suite.ts'

interface Counts {
  readonly truths: Float64Array
  readonly answered: Float64Array
  readonly parsed: Uint8Array
  readonly missing: number
}

const countsOf = (samples: ReadonlyArray<Sample>, predictions: Predictions, count = /^\d{1,15}$/): Counts => {
  const truths = Float64Array.from(samples, ({ answer }) => Number(answer ?? 0))
  const answered = new Float64Array(samples.length)
  const parsed = new Uint8Array(samples.length)
  let missing = 0
  for (const [i, { id }] of samples.entries()) {
    const prediction = predictions.get(id)
    if (prediction === undefined) missing++
    const text = prediction?.answer?.trim() ?? ''
    if (!count.test(text)) continue
    parsed[i] = 1
    answered[i] = Number(text)
  }
  return { truths, answered, parsed, missing }
}

/** ActRep-R1's median: of an even number of errors the larger middle one. */
const upperMedian = (errors: ReadonlyArray<number>): number =>
  errors.toSorted((a, b) => a - b)[Math.floor(errors.length / 2)] ?? Number.NaN

/*
 * strict: an unparsed answer is neither within one nor exact, and its error is that of answering 0.
 * actrep-r1: means over parsed answers only (see `parseRate`); if none is parsed, errors are infinite.
 * lmms-eval: `mae_norm` and `obo` (a share from 0 to 1) of its task `repcount`; an unparsed answer has the true count as
 * its error, not divided by anything.
 */
/** Repetition counting on RepCount: OBO and Exact in percent, MAE with 0.1 in its denominator, AbsMAE, RMSE. */
export const repcount: Suite = {
  name: 'repcount',
  dataset: 'repcount',
  split: 'test',
  trainSplit: 'train',
  tasks: ['counting'],
  rules: ['strict', 'actrep-r1', 'lmms-eval'],
  headline: ['OBO', 'MAE', 'RMSE', 'Exact', 'mae_norm', 'obo'],
  typeKey: 'action',
  score: (samples, predictions, rule) => {
    const signed = rule === 'lmms-eval'
    const { truths, answered, parsed, missing } = signed
      ? countsOf(samples, predictions, /^-?\d{1,15}$/)
      : countsOf(samples, predictions)
    const errors = truths.map((truth, i) => Math.abs(answered[i]! - truth))
    const skip = rule === 'actrep-r1'
    const counted = skip ? { counted: parsed } : {}
    const share = (limit: number) => errors.map((error, i) => (parsed[i] === 1 && error <= limit ? 1 : 0))
    const normalised = errors.map((error, i) => error / (truths[i]! + 0.1))
    if (rule === 'lmms-eval')
      return {
        columns: [
          {
            metric: 'mae_norm',
            values: normalised.map((error, i) => (parsed[i] === 1 ? error : truths[i]!)),
            scale: 1,
          },
          { metric: 'obo', values: share(1), scale: 1 },
        ],
        parsed,
        missing,
      }
    const columns: ReadonlyArray<MetricColumn> = [
      { metric: 'OBO', values: share(1), scale: 100, ...counted },
      { metric: 'Exact', values: share(0), scale: 100, ...counted },
      { metric: 'MAE', values: normalised, scale: 1, ...counted },
      { metric: 'AbsMAE', values: errors, scale: 1, ...counted },
      { metric: 'RMSE', values: errors.map((error) => error * error), scale: 1, root: true, ...counted },
    ]
    const none = skip && !parsed.includes(1)
    const far = Number.POSITIVE_INFINITY
    return {
      columns,
      parsed,
      missing,
      extra: {
        MedianAE: upperMedian(Array.from(errors).filter((_, i) => !skip || parsed[i] === 1)),
        ...(none ? { OBO: 0, Exact: 0, MAE: far, AbsMAE: far, RMSE: far } : {}),
      },
    }
  },
}

/** DVD-counting: exact counts in percent of all samples. */
export const dvd: Suite = {
  name: 'dvd',
  dataset: 'dvd_counting',
  split: 'test',
  trainSplit: 'train',
  tasks: ['counting'],
  rules: ['video-r1'],
  headline: ['accuracy'],
  score: (samples, predictions) => {
    const { truths, answered, parsed, missing } = countsOf(samples, predictions)
    const values = truths.map((truth, i) => (parsed[i] === 1 && answered[i] === truth ? 1 : 0))
    return { columns: [{ metric: 'accuracy', values, scale: 100 }], parsed, missing }
  },
}
