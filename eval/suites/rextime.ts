import { groundingScores, passes, thresholdOf } from '../metrics/grounding.ts'
import type { MetricColumn } from '../statistics/column.ts'
import type { Suite } from '../suite.ts'

const thresholds = Array.from({ length: 14 }, (_, i) => (30 + 5 * i) / 100)

/*
 * rextime: `VQA` and `VQA,mIoU@t` are shares from 0 to 1, as its script prints them; grounding is in percent.
 * videomind: grounding in float32, the same accuracies in percent, as `Acc` and `Acc@IoU` (IoU >= 0.5).
 */
/** ReXTime; labels of the test split are withheld, so results here are on val, 921 questions. */
export const rextime: Suite = {
  name: 'rextime',
  dataset: 'rextime',
  split: 'valid',
  trainSplit: 'train',
  tasks: ['grounded-qa'],
  rules: ['rextime', 'videomind'],
  headline: ['mIoU', 'R1@0.3', 'R1@0.5', 'VQA', 'VQA,mIoU@0.5', 'Acc', 'Acc@IoU'],
  typeKey: 'source',
  score: (samples, predictions, rule) => {
    const form = rule === 'videomind' ? 'area-float32' : 'hull'
    const scores = groundingScores(samples, predictions, form)
    const passed = (threshold: number) => passes(scores.ious, thresholdOf(form, threshold), '>=')
    const right = Float64Array.from(samples, ({ id, answer }) => {
      const given = predictions.get(id)?.answer
      return given !== undefined && given !== null && given === answer ? 1 : 0
    })
    const parsed = scores.parsed.map(
      (read, i) => read | ((predictions.get(samples[i]!.id)?.answer ?? null) === null ? 0 : 1),
    )
    const both = (threshold: number) => passed(threshold).map((hit, i) => hit * right[i]!)
    const answers: ReadonlyArray<MetricColumn> =
      rule === 'videomind'
        ? [
            { metric: 'Acc', values: right, scale: 100 },
            { metric: 'Acc@IoU', values: both(0.5), scale: 100 },
          ]
        : [
            { metric: 'VQA', values: right, scale: 1 },
            ...[0.3, 0.5, 0.7].map((t) => ({ metric: `VQA,mIoU@${t}`, values: both(t), scale: 1 })),
          ]
    const columns: ReadonlyArray<MetricColumn> = [
      { metric: 'mIoU', values: scores.ious, scale: 100 },
      ...thresholds.map((t) => ({ metric: `R1@${t}`, values: passed(t), scale: 100 })),
      ...answers,
    ]
    return { columns, parsed, missing: scores.missing, ious: scores.ious }
  },
}
