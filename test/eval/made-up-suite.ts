import type { Suite } from '../../eval/index.ts'

/** A benchmark of nobody: the share of queries whose first window starts within a second of the annotated one. */
export const madeUp: Suite = {
  name: 'made-up',
  dataset: 'jsonl',
  split: 'test',
  trainSplit: 'train',
  tasks: ['grounding'],
  rules: ['nobody'],
  headline: ['starts'],
  typeKey: 'source',
  score: (samples, predictions) => {
    const starts = samples.map(({ id }) => predictions.get(id)?.windows?.[0]?.[0])
    const values = Float64Array.from(samples, ({ windows }, i) =>
      Math.abs((starts[i] ?? Number.POSITIVE_INFINITY) - (windows?.[0]?.[0] ?? 0)) <= 1 ? 1 : 0,
    )
    return {
      columns: [{ metric: 'starts', values, scale: 100 }],
      parsed: Uint8Array.from(starts, (start) => (start === undefined ? 0 : 1)),
      missing: samples.filter(({ id }) => !predictions.has(id)).length,
    }
  },
}
