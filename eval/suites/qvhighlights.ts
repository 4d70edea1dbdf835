import type { Json, Sample, Window } from '../../core/index.ts'
import type { Predictions } from '../../tasks/index.ts'
import { bestOfFirst, firstIou, passes } from '../metrics/grounding.ts'
import { argmax, highlightPrecision, rankClips } from '../metrics/highlights.ts'
import { averagePrecisions, byConfidence, momentThresholds } from '../metrics/moments.ts'
import type { MetricColumn } from '../statistics/column.ts'
import type { Suite } from '../suite.ts'

/*
 * QVHighlights as moment_detr's `standalone_eval` computes it.
 * moment_detr: queries with an empty prediction list are absent from mAP, and wrong in R1 (the script itself stops).
 * strict: they count as 0 in mAP too.
 * videomind: as moment_detr, with R1 from 0.30 on, R5, and mIoU.
 */
const ranges: ReadonlyArray<readonly [name: string, above: number, upTo: number]> = [
  ['short', 0, 10],
  ['middle', 10, 30],
  ['long', 30, 150],
  ['full', Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
]

const levels: ReadonlyArray<readonly [name: string, minimum: number]> = [
  ['Fair', 2],
  ['Good', 3],
  ['VeryGood', 4],
]

const label = (threshold: number): string => String(threshold)

const momentColumns = (
  samples: ReadonlyArray<Sample>,
  predictions: Predictions,
  rule: string,
): ReadonlyArray<MetricColumn> => {
  const n = samples.length
  const wide = rule === 'videomind'
  const recalls = wide ? [0.3, 0.35, 0.4, 0.45, ...momentThresholds] : momentThresholds
  const list = samples.map(({ id }) => predictions.get(id))
  const ranked = list.map((prediction) =>
    byConfidence(prediction?.windows?.slice(0, 10) ?? [], prediction?.confidences?.slice(0, 10)),
  )
  const whole = samples.map(({ windows }, i) => averagePrecisions(ranked[i]!, windows ?? []))
  return ranges.flatMap(([name, above, upTo]) => {
    const truths = samples.map(
      ({ windows }): ReadonlyArray<Window> =>
        windows?.filter(([start, end]) => end - start > above && end - start <= upTo) ?? [],
    )
    const inRange = Uint8Array.from(truths, ({ length }) => (length > 0 ? 1 : 0))
    const inMap = inRange.map((held, i) =>
      held === 1 && (rule === 'strict' || ranked[i]!.length > 0) ? 1 : 0,
    )
    const aps = momentThresholds.map(() => new Float64Array(n))
    const average = new Float64Array(n)
    const ious = new Float64Array(n)
    for (let i = 0; i < n; i++) {
      if (inRange[i] === 0) continue
      // Most queries have all their windows in one range: then the result is that of the full list.
      const all = truths[i]!.length === samples[i]!.windows?.length
      const precisions = all ? whole[i]! : averagePrecisions(ranked[i]!, truths[i]!)
      let sum = 0
      for (let t = 0; t < precisions.length; t++) {
        aps[t]![i] = precisions[t]!
        sum += precisions[t]!
      }
      average[i] = sum / precisions.length
      ious[i] = firstIou(list[i]?.windows ?? [], truths[i]!, wide ? 'area' : 'hull')
    }
    const column = (metric: string, values: Float64Array, counted: Uint8Array): MetricColumn => ({
      metric: `MR-${name}-${metric}`,
      values,
      counted,
      scale: 100,
    })
    const columns = [
      column('mAP', average, inMap),
      ...momentThresholds.map((threshold, t) => column(`mAP@${label(threshold)}`, aps[t]!, inMap)),
      ...recalls.map((threshold) => column(`R1@${label(threshold)}`, passes(ious, threshold, '>='), inRange)),
    ]
    if (!wide) return columns
    const held = samples.map((sample, i) => ({ ...sample, windows: truths[i]! }))
    const five = bestOfFirst(
      held,
      list.map((prediction) => prediction?.windows ?? null),
      ious,
      5,
    )
    return [
      ...columns,
      ...recalls.map((threshold) => column(`R5@${label(threshold)}`, passes(five, threshold, '>='), inRange)),
      column('mIoU', ious, inRange),
    ]
  })
}

/** The scores of the three annotators, 3 a clip, 0 where the annotation lists none. */
const saliencyTruth = (sample: Sample): { readonly clips: number; readonly scores: Uint8Array } => {
  const clips = Math.floor((sample.duration ?? 0) / 2)
  const scores = new Uint8Array(3 * clips)
  const listed: Json | undefined = sample.meta?.clips
  const given: Json | undefined = sample.meta?.saliency
  if (!Array.isArray(listed) || !Array.isArray(given)) return { clips, scores }
  for (let k = 0; k < listed.length; k++) {
    const clip = Number(listed[k])
    const levels: Json | undefined = given[k]
    if (!(clip < clips) || !Array.isArray(levels)) continue
    for (let annotator = 0; annotator < 3; annotator++)
      scores[3 * clip + annotator] = Number(levels[annotator] ?? 0)
  }
  return { clips, scores }
}

const highlightColumns = (
  samples: ReadonlyArray<Sample>,
  predictions: Predictions,
): ReadonlyArray<MetricColumn> => {
  const precision = levels.map(() => new Float64Array(samples.length))
  const hit = levels.map(() => new Float64Array(samples.length))
  for (const [i, sample] of samples.entries()) {
    const saliency = predictions.get(sample.id)?.saliency
    if (saliency === undefined) continue
    const truth = saliencyTruth(sample)
    const ranked = rankClips(saliency, truth.clips)
    const top = argmax(saliency)
    for (const [l, [, minimum]] of levels.entries()) {
      let sum = 0
      let hits = 0
      for (let annotator = 0; annotator < 3; annotator++) {
        sum += highlightPrecision(ranked, truth.scores, minimum, annotator, 3)
        if (top >= 0 && top < truth.clips && truth.scores[3 * top + annotator]! >= minimum) hits = 1
      }
      precision[l]![i] = sum / 3
      hit[l]![i] = hits
    }
  }
  return levels.flatMap(([name], l) => [
    { metric: `HL-min-${name}-mAP`, values: precision[l]!, scale: 100 },
    { metric: `HL-min-${name}-Hit1`, values: hit[l]!, scale: 100 },
  ])
}

/** QVHighlights: moment retrieval, and highlight detection where predictions carry saliency. */
export const qvhighlights: Suite = {
  name: 'qvhighlights',
  dataset: 'qvhighlights',
  split: 'valid',
  trainSplit: 'train',
  tasks: ['grounding'],
  rules: ['moment_detr', 'strict', 'videomind'],
  headline: [
    'MR-full-mAP',
    'MR-full-mAP@0.5',
    'MR-full-mAP@0.75',
    'MR-full-R1@0.5',
    'MR-full-R1@0.7',
    'HL-min-VeryGood-mAP',
    'HL-min-VeryGood-Hit1',
  ],
  score: (samples, predictions, rule) => {
    let missing = 0
    const parsed = Uint8Array.from(samples, ({ id }) => {
      const prediction = predictions.get(id)
      if (prediction === undefined) missing++
      return (prediction?.windows?.length ?? 0) > 0 || prediction?.saliency !== undefined ? 1 : 0
    })
    const all = [...predictions.values()]
    // As in the script, a part is scored only if the predictions have it.
    const moments = all.length === 0 || all.some(({ windows }) => windows !== null)
    const highlights = all.some(({ saliency }) => saliency !== undefined)
    const columns = [
      ...(moments ? momentColumns(samples, predictions, rule) : []),
      ...(highlights ? highlightColumns(samples, predictions) : []),
    ]
    const ious = Float64Array.from(samples, ({ id, windows }) =>
      firstIou(predictions.get(id)?.windows ?? [], windows ?? []),
    )
    return { columns, parsed, missing, ious }
  },
}
