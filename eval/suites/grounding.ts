import {
  bestOfFirst,
  type Comparator,
  groundingColumns,
  groundingScores,
  passes,
  recallThresholds,
} from '../metrics/grounding.ts'
import type { Suite } from '../suite.ts'

/*
 * Rules of single-window grounding. They share the formulas and differ in the comparison:
 * videomind, videochat-r1: IoU >= threshold. time-r1, 2d-tan: IoU > threshold. All but videomind take the hull form.
 * time-r1 adds `avg`, the mean of mIoU and the three recalls; videomind adds R3 and R5.
 * Unparsed predictions count as IoU 0 in all of them (VideoMind itself falls back to the whole video).
 */
const comparators: { readonly [rule: string]: Comparator } = {
  videomind: '>=',
  'videochat-r1': '>=',
  'time-r1': '>',
  '2d-tan': '>',
}

const scoreGrounding: Suite['score'] = (samples, predictions, rule) => {
  const comparator = comparators[rule] ?? '>='
  const scores = groundingScores(samples, predictions, rule === 'videomind' ? 'area' : 'hull')
  const columns = [...groundingColumns(scores, comparator)]
  if (rule === 'videomind')
    for (const k of [3, 5]) {
      const best = bestOfFirst(samples, scores.windows, scores.ious, k)
      for (const threshold of recallThresholds)
        columns.push({
          metric: `R${k}@${threshold}`,
          values: passes(best, threshold, comparator),
          scale: 100,
        })
    }
  if (rule === 'time-r1') {
    const recalls = recallThresholds.map((threshold) => passes(scores.ious, threshold, comparator))
    const values = scores.ious.map((iou, i) => (iou + recalls.reduce((sum, hit) => sum + hit[i]!, 0)) / 4)
    columns.push({ metric: 'avg', values, scale: 100 })
  }
  return { columns, parsed: scores.parsed, missing: scores.missing, ious: scores.ious }
}

const grounding = (name: string, dataset: string, split: string, typeKey?: string): Suite => ({
  name,
  dataset,
  split,
  trainSplit: 'train',
  tasks: ['grounding'],
  rules: ['videomind', 'videochat-r1', 'time-r1', '2d-tan'],
  headline: ['mIoU', 'R1@0.3', 'R1@0.5', 'R1@0.7'],
  ...(typeKey === undefined ? {} : { typeKey }),
  score: scoreGrounding,
})

/** Charades-STA, 3720 test queries. */
export const charades: Suite = grounding('charades', 'charades', 'test')

/** ActivityNet-Captions; results are published on val_2, here `test`, 17031 queries. */
export const anet: Suite = grounding('anet', 'anet', 'test')

/** TVGBench of Time-R1, 800 queries, by type of query. */
export const tvgbench: Suite = grounding('tvgbench', 'timer1', 'test', 'type')

/** TimeLens-Bench: re-annotated Charades, ActivityNet and QVHighlights, by source. Samples come from `jsonl` files. */
export const timelens: Suite = grounding('timelens', 'jsonl', 'test', 'source')
