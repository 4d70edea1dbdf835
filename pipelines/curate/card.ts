import type { Selection } from '../../curriculum/index.ts'
import type { ActSettings } from './act.ts'

export interface CardFacts {
  readonly name: string
  readonly datasets: ReadonlyArray<{
    readonly name: string
    readonly split: string
    readonly licence: string | null
  }>
  readonly act: ActSettings
  readonly selection: Selection
  /** Rows by decision. */
  readonly decisions: { readonly [decision: string]: number }
  /** Selected rows by band. */
  readonly bands: { readonly [band: string]: number }
  /** Samples by what people decided about them, and how many people. */
  readonly reviews: { readonly [decision: string]: number }
  readonly reviewers: number
  readonly samples: number
  readonly selected: number
  readonly videos: number
  /** Null where difficulty was not estimated. */
  readonly meanIou: number | null
  readonly evaluation: ReadonlyArray<string>
  readonly provenance: { readonly [name: string]: string }
}

const table = (head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string | number>>): string =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ')

/** Parameters of a method apart from share and seed. */
const detail = ({ method, mean, deviation, quotas }: Selection): string => {
  if (method === 'gaussian' || method === 'gaussian-balanced') return `, mean ${mean}, deviation ${deviation}`
  if (method !== 'band') return ''
  return `, quotas ${Object.entries(quotas)
    .map(([band, quota]) => `${band} ${quota}`)
    .join(', ')}`
}

/** What people decided, which goes over the agents' verdicts. */
const reviewText = ({ reviews, reviewers }: CardFacts): string =>
  reviewers === 0
    ? ''
    : `
${reviewers} ${reviewers === 1 ? 'person has' : 'people have'} reviewed samples. Their decisions take precedence over those of the agents, except where reviewers disagree.

${table(['review', 'samples'], Object.entries(reviews))}
`

/** The dataset card: front matter for the Hugging Face hub, then settings and counts. */
export const datasetCard = (facts: CardFacts): string => {
  const licences = [...new Set(facts.datasets.map(({ licence }) => licence ?? 'not stated'))]
  return `---
pretty_name: ${JSON.stringify(facts.name)}
license: other
license_name: ${JSON.stringify(licences.join('; '))}
task_categories:
  - video-text-to-text
tags:
  - temporal-grounding
  - spanwise
configs:
  - config_name: default
    data_files:
      - split: train
        path: train.parquet
---

# ${facts.name}

${facts.selected} of ${facts.samples} samples, over ${facts.videos} videos, curated by Spanwise. It holds annotations only, no videos. \`train.parquet\` and \`train.jsonl\` hold the same samples; \`decisions.parquet\` states, for every
sample, the decision and its reason.

## Source

${table(
  ['dataset', 'split', 'licence of the annotations'],
  facts.datasets.map(({ name, split, licence }) => [cell(name), cell(split), cell(licence ?? 'not stated')]),
)}

## Labels

An annotation found partial by boundary reflection: **${facts.act.action}**; an uncertain one: **${facts.act.uncertain}**${
    facts.act.action === 'downweight' || facts.act.uncertain === 'downweight'
      ? ` (weight ${facts.act.weight})`
      : ''
  }.

${table(['decision', 'samples'], Object.entries(facts.decisions))}
${reviewText(facts)}
## Selection

Method \`${facts.selection.method}\` over the samples that were kept, ${
    facts.selection.count === undefined ? `share ${facts.selection.share}` : `count ${facts.selection.count}`
  }, seed ${facts.selection.seed}${detail(facts.selection)}. ${
    facts.meanIou === null
      ? 'Difficulty was not estimated.'
      : `Mean IoU of the zero-shot rollouts over the selection: ${facts.meanIou.toFixed(3)}.\n\n${table(['band', 'samples'], Object.entries(facts.bands))}`
  }

${
  facts.evaluation.length === 0
    ? 'No evaluation set was named, so shared videos were not checked.'
    : `No video is shared with ${facts.evaluation.join(', ')}.`
}

## Provenance

${table(
  ['', ''],
  Object.entries(facts.provenance).map(([name, value]) => [cell(name), `\`${cell(value)}\``]),
)}
`
}
