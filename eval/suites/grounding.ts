import {
  bestOfFirst,
  type Comparator,
  groundingColumns,
  groundingScores,
  type IouForm,
  passes,
  recallThresholds,
  thresholdOf,
} from '../metrics/grounding.ts'
import type { Suite } from '../suite.ts'

/**
 * Rules of single-window grounding. They share the formulas and differ in the form of the IoU, its precision, and
 * whether an IoU that equals a threshold passes. Unparsed predictions count as IoU 0 in all of them (VideoMind itself
 * falls back to the whole video).
 * videomind adds R3 and R5; time-r1 adds `avg`, the mean of mIoU and the three recalls.
 */
const rules = {
  videomind: { form: 'area-float32', comparator: '>=' },
  'videochat-r1': { form: 'hull', comparator: '>=' },
  timelens: { form: 'hull', comparator: '>=' },
  'lmms-eval': { form: 'hull', comparator: '>=' },
  'time-r1': { form: 'hull', comparator: '>' },
  '2d-tan': { form: 'hull', comparator: '>' },
} as const satisfies { readonly [rule: string]: { readonly form: IouForm; readonly comparator: Comparator } }

type Rule = keyof typeof rules

const scoreGrounding: Suite['score'] = (samples, predictions, name) => {
  const { form, comparator } = rules[name as Rule]
  const scores = groundingScores(samples, predictions, form)
  const columns = [...groundingColumns(scores, comparator, form)]
  if (name === 'videomind')
    for (const k of [3, 5]) {
      const best = bestOfFirst(samples, scores.windows, scores.ious, k, form)
      for (const threshold of recallThresholds)
        columns.push({
          metric: `R${k}@${threshold}`,
          values: passes(best, thresholdOf(form, threshold), comparator),
          scale: 100,
        })
    }
  if (name === 'time-r1') {
    const recalls = recallThresholds.map((threshold) => passes(scores.ious, threshold, comparator))
    const values = scores.ious.map((iou, i) => (iou + recalls.reduce((sum, hit) => sum + hit[i]!, 0)) / 4)
    columns.push({ metric: 'avg', values, scale: 100 })
  }
  return { columns, parsed: scores.parsed, missing: scores.missing, ious: scores.ious }
}

/** @param rule the one whose figures are published for this benchmark: its default. */
const grounding = (
  name: string,
  dataset: string,
  { rule, typeKey }: { readonly rule: Rule; readonly typeKey?: string },
): Suite => ({
  name,
  dataset,
  split: 'test',
  trainSplit: 'train',
  tasks: ['grounding'],
  rules: [rule, ...Object.keys(rules).filter((other) => other !== rule)],
  headline: ['mIoU', 'R1@0.3', 'R1@0.5', 'R1@0.7'],
  ...(typeKey === undefined ? {} : { typeKey }),
  score: scoreGrounding,
})

/** Charades-STA, 3720 test queries. */
export const charades: Suite = grounding('charades', 'charades', { rule: 'videomind' })

/** ActivityNet-Captions; results are published on val_2, here `test`, 17031 queries. */
export const anet: Suite = grounding('anet', 'anet', { rule: 'videomind' })

/** TVGBench of Time-R1, 800 queries, by type of query, scored by its own script. */
export const tvgbench: Suite = grounding('tvgbench', 'timer1', { rule: 'time-r1', typeKey: 'type' })

/** Charades-TimeLens, a part of TimeLens-Bench, with revised queries and windows. */
export const charadesTimelens: Suite = grounding('charades-timelens', 'charades_timelens', {
  rule: 'timelens',
})

/** ActivityNet-TimeLens. */
export const anetTimelens: Suite = grounding('anet-timelens', 'anet_timelens', { rule: 'timelens' })

/** QVHighlights-TimeLens. */
export const qvhighlightsTimelens: Suite = grounding('qvhighlights-timelens', 'qvhighlights_timelens', {
  rule: 'timelens',
})

/** The rule of TimeLens-Bench on samples of `jsonl` files, by source. */
export const timelens: Suite = grounding('timelens', 'jsonl', { rule: 'timelens', typeKey: 'source' })
