import type { Window } from '../../core/index.ts'
import { type Overlap, officialOverlap, setOverlap, videomindOverlap } from '../metrics/gqa.ts'
import { passes, thresholdOf } from '../metrics/grounding.ts'
import type { MetricColumn } from '../statistics/column.ts'
import type { Suite } from '../suite.ts'

/*
 * official: the formulas of NExT-GQA's script; a question without a window counts as wrong.
 * official-skip: the same, but such questions are left out of the grounding means, as the script itself does.
 * videomind: in float32, no special rule for instants (IoP 0), R3 and R5 left out.
 * videochat-r1: several windows, predicted or true, are united instead of maximised over.
 */
const overlapOf = (windows: ReadonlyArray<Window>, truths: ReadonlyArray<Window>, rule: string): Overlap => {
  const first = windows[0]
  if (rule === 'videochat-r1')
    return setOverlap(
      windows.filter(([start, end]) => start <= end),
      truths,
    )
  if (first === undefined) return { iou: 0, iop: 0 }
  return rule === 'videomind' ? videomindOverlap(first, truths) : officialOverlap(first, truths)
}

/** Grounded question answering on NExT-GQA; results are published on test, 5553 questions. */
export const nextgqa: Suite = {
  name: 'nextgqa',
  dataset: 'nextgqa',
  split: 'test',
  trainSplit: 'valid',
  tasks: ['grounded-qa'],
  rules: ['official', 'official-skip', 'videomind', 'videochat-r1'],
  headline: ['Acc@GQA', 'mIoP', 'IoP@0.3', 'IoP@0.5', 'mIoU', 'IoU@0.3', 'IoU@0.5', 'Acc@QA'],
  typeKey: 'type',
  score: (samples, predictions, rule) => {
    const n = samples.length
    const ious = new Float64Array(n)
    const iops = new Float64Array(n)
    const right = new Float64Array(n)
    const grounded = new Uint8Array(n)
    const parsed = new Uint8Array(n)
    let missing = 0
    for (const [i, sample] of samples.entries()) {
      const prediction = predictions.get(sample.id)
      if (prediction === undefined) {
        missing++
        continue
      }
      const { windows, answer } = prediction
      if (answer !== undefined && answer !== null && answer === sample.answer) right[i] = 1
      if (windows !== null && (windows.length > 0 || rule === 'videochat-r1')) {
        grounded[i] = 1
        const { iou, iop } = overlapOf(windows, sample.windows ?? [], rule)
        ious[i] = iou
        iops[i] = iop
      }
      // A predictions file may have windows without answers; these count as wrong.
      parsed[i] = grounded[i]! | (answer === undefined || answer === null ? 0 : 1)
    }
    const skip = rule === 'official-skip'
    const column = (metric: string, values: Float64Array): MetricColumn => ({
      metric,
      values,
      scale: 100,
      ...(skip ? { counted: grounded } : {}),
    })
    const passed = (values: Float64Array, threshold: number) =>
      passes(values, rule === 'videomind' ? thresholdOf('area-float32', threshold) : threshold, '>=')
    const both = passed(iops, 0.5).map((value, i) => value * right[i]!)
    const bothIou = passed(ious, 0.5).map((value, i) => value * right[i]!)
    const columns: ReadonlyArray<MetricColumn> = [
      column('Acc@GQA', both),
      column('mIoP', iops),
      column('IoP@0.3', passed(iops, 0.3)),
      column('IoP@0.5', passed(iops, 0.5)),
      column('mIoU', ious),
      column('IoU@0.3', passed(ious, 0.3)),
      column('IoU@0.5', passed(ious, 0.5)),
      column('Acc@QA', right),
      column('Acc@IoU', bothIou),
    ]
    return { columns, parsed, missing, ious }
  },
}
