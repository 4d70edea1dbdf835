import type { Sample } from '../../core/index.ts'
import type { MetricColumn } from '../statistics/column.ts'
import type { Suite } from '../suite.ts'

const types = ['CW', 'CH', 'TN', 'TC', 'DC', 'DL', 'DO'] as const
const groups = ['C', 'T', 'D'] as const

/** The type under which a question is reported: previous (TP) counts with next (TN). */
const typeOf = (sample: Sample): string => {
  const type = String(sample.meta?.type ?? '')
  return type === 'TP' ? 'TN' : type
}

/** Multiple choice on NExT-QA; accuracy in percent by type, by group (first letter) and over all. */
export const nextqa: Suite = {
  name: 'nextqa',
  dataset: 'nextqa',
  split: 'valid',
  trainSplit: 'train',
  tasks: ['choice'],
  rules: ['nextqa'],
  headline: ['all', ...groups, ...types],
  score: (samples, predictions) => {
    const values = new Float64Array(samples.length)
    const parsed = new Uint8Array(samples.length)
    let missing = 0
    for (const [i, { id, answer }] of samples.entries()) {
      const prediction = predictions.get(id)
      if (prediction === undefined) missing++
      const given = prediction?.answer ?? null
      if (given === null) continue
      parsed[i] = 1
      if (given === answer) values[i] = 1
    }
    const column = (metric: string, belongs: (type: string) => boolean): MetricColumn => ({
      metric,
      values,
      counted: Uint8Array.from(samples, (sample) => (belongs(typeOf(sample)) ? 1 : 0)),
      scale: 100,
    })
    const columns = [
      ...types.map((name) => column(name, (type) => type === name)),
      ...groups.map((name) => column(name, (type) => type.startsWith(name))),
      { metric: 'all', values, scale: 100 },
    ]
    return { columns, parsed, missing }
  },
}
