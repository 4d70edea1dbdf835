import type { Sample, Task } from '../core/index.ts'
import type { Predictions } from '../tasks/index.ts'
import type { MetricColumn } from './statistics/column.ts'

/** A suite's scores of predictions: raw values for each sample, from which the report is computed. */
export interface Scored {
  /** Every metric that is a mean over samples. */
  readonly columns: ReadonlyArray<MetricColumn>
  /** Other metrics, such as a median; reported without interval. */
  readonly extra?: { readonly [metric: string]: number }
  /** 1 for each sample whose prediction was given and could be read. */
  readonly parsed: Uint8Array
  readonly missing: number
  /** IoU of the first window of each sample, for figures; absent for suites that do not ground. */
  readonly ious?: Float64Array
}

/** One benchmark's protocol. A new suite is one file and one line in the catalogue. */
export interface Suite {
  readonly name: string
  /** The dataset of its samples, by its name in the catalogue of datasets. */
  readonly dataset: string
  /** The split on which results are published. */
  readonly split: string
  /** The split on which baselines are fitted. */
  readonly trainSplit: string
  /** The tasks whose samples are scored; samples of other tasks in the split are ignored. */
  readonly tasks: ReadonlyArray<Task>
  /** Scoring rules by name; the first is the default. The suite's file documents each. */
  readonly rules: readonly [string, ...ReadonlyArray<string>]
  /** The metrics to show first, in this order. */
  readonly headline: ReadonlyArray<string>
  /** Key in the samples' `meta` by which per-type tables are made. */
  readonly typeKey?: string
  readonly score: (samples: ReadonlyArray<Sample>, predictions: Predictions, rule: string) => Scored
}
