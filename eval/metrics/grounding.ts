import { type Sample, type Window, Windows } from '../../core/index.ts'
import type { Predictions } from '../../tasks/index.ts'
import type { MetricColumn } from '../statistics/column.ts'

/** Whether an IoU equal to the threshold counts: VideoMind, VideoChat-R1 and TimeLens say `>=`, Time-R1 and 2D-TAN `>`. */
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

const hullIou = (a: Window, b: Window): number => {
  const hull = Math.max(a[1], b[1]) - Math.min(a[0], b[0])
  return hull > 0 ? Windows.overlap(a, b) / hull : 0
}

/** What two windows share and what they cover together, every operation rounded to float32. */
const areas32 = ([as, ae]: Window, [bs, be]: Window): readonly [shared: number, union: number] => {
  const { fround } = Math
  const shared = Math.max(0, fround(Math.min(fround(ae), fround(be)) - Math.max(fround(as), fround(bs))))
  const lengths = fround(fround(fround(ae) - fround(as)) + fround(fround(be) - fround(bs)))
  return [shared, fround(lengths - shared)]
}

const float32Iou = (a: Window, b: Window): number => {
  const [shared, union] = areas32(a, b)
  return union > 0 ? Math.fround(shared / union) : 0
}

/** Intersection over the length of `window` in float32; 0 for an instant. */
export const float32Iop = (window: Window, truth: Window): number => {
  const length = Math.fround(Math.fround(window[1]) - Math.fround(window[0]))
  return length > 0 ? Math.fround(areas32(window, truth)[0] / length) : 0
}

/**
 * How the IoU of two windows is computed: `area` takes the union from the lengths (moment_detr's mAP), `hull` from end to
 * end (moment_detr's R1, ReXTime, VideoChat-R1, Time-R1, TimeLens, lmms-eval, 2D-TAN), `area-float32` as `area` with
 * every operation in float32 (VideoMind, whose windows are tensors). Equal but for the last bits, which decide where an
 * IoU lies on a threshold: R1@0.3 of the whole video on ActivityNet-Captions is 48.024, 48.018 and 47.977.
 */
const forms = { area: Windows.iou, hull: hullIou, 'area-float32': float32Iou } as const
export type IouForm = keyof typeof forms

/** A threshold as IoUs of that form are compared with it: a float32 tensor is compared in float32. */
export const thresholdOf = (form: IouForm, threshold: number): number =>
  form === 'area-float32' ? Math.fround(threshold) : threshold

/** Best IoU of the first window with a true one; reversed predictions, no prediction and no truth give 0. */
export const firstIou = (
  windows: ReadonlyArray<Window>,
  truths: ReadonlyArray<Window>,
  form: IouForm = 'area',
): number => {
  const first = windows[0]
  if (first === undefined || first[0] > first[1]) return 0
  const iou = forms[form]
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
  form: IouForm = 'area',
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
  form: IouForm = 'area',
): ReadonlyArray<MetricColumn> => [
  { metric: 'mIoU', values: ious, scale: 100 },
  ...recallThresholds.map((threshold) => ({
    metric: `R1@${threshold}`,
    values: passes(ious, thresholdOf(form, threshold), comparator),
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
  form: IouForm = 'area',
): Float64Array => {
  const best = first.slice()
  for (let i = 0; i < best.length; i++) {
    const windows = predicted[i]
    if (windows === null || windows === undefined) continue
    for (let w = 1; w < Math.min(k, windows.length); w++)
      best[i] = Math.max(best[i]!, firstIou([windows[w]!], samples[i]!.windows ?? [], form))
  }
  return best
}
