import { type Sample, type Window, Windows } from '../../core/index.ts'
import type { Predictions } from '../../tasks/index.ts'
import type { Column } from '../statistics/column.ts'

/** Whether an IoU equal to the threshold counts: VideoMind and VideoChat-R1 say `>=`, Time-R1 and 2D-TAN say `>`. */
export type Comparator = '>=' | '>'

export const recallThresholds = [0.3, 0.5, 0.7] as const

/** Raw scores, one a sample in the order of the samples; unparsed and missing predictions score 0. */
export interface GroundingScores {
  /** IoU of the first predicted window with its best true one, in [0, 1]. */
  readonly ious: Float64Array
  /** IoU of all predicted and all true windows as sets of time, in [0, 1]. */
  readonly setIous: Float64Array
  /** The predicted windows of each sample; null where there are none to be read. */
  readonly windows: ReadonlyArray<ReadonlyArray<Window> | null>
  /** 1 where a prediction was given and could be read. */
  readonly parsed: Uint8Array
  /** Samples without any prediction. */
  readonly missing: number
}

/**
 * How the union is computed: from the lengths (`area`: VideoMind) or from end to end (`hull`: moment_detr's R1, ReXTime,
 * VideoChat-R1, Time-R1, 2D-TAN). Equal but for the last bit, which decides where an IoU lies on a threshold.
 */
export type UnionForm = 'area' | 'hull'

const hullIou = (a: Window, b: Window): number => {
  const hull = Math.max(a[1], b[1]) - Math.min(a[0], b[0])
  return hull > 0 ? Windows.overlap(a, b) / hull : 0
}

/** Best IoU of the first window with a true one; reversed predictions, no prediction and no truth give 0. */
export const firstIou = (
  windows: ReadonlyArray<Window>,
  truths: ReadonlyArray<Window>,
  form: UnionForm = 'area',
): number => {
  const first = windows[0]
  if (first === undefined || first[0] > first[1]) return 0
  const iou = form === 'area' ? Windows.iou : hullIou
  let best = 0
  for (const truth of truths) best = Math.max(best, iou(first, truth))
  return best
}

const isOrdered = ([start, end]: Window): boolean => start <= end

/**
 * Raw grounding scores of every sample.
 * A sample that never holds (`windows: []`) is right exactly where the prediction is `[]`: both IoUs are then 1.
 */
export const groundingScores = (
  samples: ReadonlyArray<Sample>,
  predictions: Predictions,
  form: UnionForm = 'area',
): GroundingScores => {
  const ious = new Float64Array(samples.length)
  const setIous = new Float64Array(samples.length)
  const parsed = new Uint8Array(samples.length)
  const read: Array<ReadonlyArray<Window> | null> = []
  let missing = 0
  for (let i = 0; i < samples.length; i++) {
    const sample = samples[i]!
    const prediction = predictions.get(sample.id)
    if (prediction === undefined) missing++
    const windows = prediction?.windows ?? null
    read.push(windows)
    if (windows === null) continue
    parsed[i] = 1
    const truths = sample.windows ?? []
    if (truths.length === 0 && windows.length === 0) {
      ious[i] = 1
      setIous[i] = 1
      continue
    }
    ious[i] = firstIou(windows, truths, form)
    // One window against one is the common case, in which both scores are the same.
    setIous[i] =
      windows.length === 1 && truths.length === 1
        ? ious[i]!
        : Windows.setIou(windows.every(isOrdered) ? windows : windows.filter(isOrdered), truths)
  }
  return { ious, setIous, windows: read, parsed, missing }
}

/** 1 where `value` passes the threshold. */
export const passes = (values: Float64Array, threshold: number, comparator: Comparator): Float64Array =>
  comparator === '>='
    ? values.map((value) => (value >= threshold ? 1 : 0))
    : values.map((value) => (value > threshold ? 1 : 0))

/** `mIoU`, `R1@0.3`, `R1@0.5`, `R1@0.7` and the mean set IoU `msIoU`, in percent of all samples. */
export const groundingColumns = (
  { ious, setIous }: GroundingScores,
  comparator: Comparator,
): ReadonlyArray<Column> => [
  { metric: 'mIoU', values: ious, scale: 100 },
  ...recallThresholds.map((threshold) => ({
    metric: `R1@${threshold}`,
    values: passes(ious, threshold, comparator),
    scale: 100,
  })),
  { metric: 'msIoU', values: setIous, scale: 100 },
]

/**
 * Best IoU among the first `k` predicted windows of each sample: VideoMind's R3 and R5.
 *
 * @param first IoU of the first window of each sample, which is the answer where there are no others.
 */
export const bestOfFirst = (
  samples: ReadonlyArray<Sample>,
  predicted: ReadonlyArray<ReadonlyArray<Window> | null>,
  first: Float64Array,
  k: number,
): Float64Array => {
  const best = first.slice()
  for (let i = 0; i < best.length; i++) {
    const windows = predicted[i]
    if (windows === null || windows === undefined) continue
    for (let w = 1; w < Math.min(k, windows.length); w++)
      best[i] = Math.max(best[i]!, firstIou([windows[w]!], samples[i]!.windows ?? []))
  }
  return best
}
