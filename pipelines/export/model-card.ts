import { existsSync } from 'node:fs'
import { cachedName, checkpointName } from '../../models/index.ts'

export interface ModelCardFacts {
  /** What the training did: `sft` or `curriculum`. */
  readonly kind: string
  /** Finished steps of the exported weights. */
  readonly steps: number
  /** Whether the weights are adapters of the base model. */
  readonly adapter: boolean
  /** The model that training began with: a folder, or a name on the hub. */
  readonly base: string
  readonly samples: number | null
  /** Options of the training, every default filled in. */
  readonly options: unknown
  /** Figures of the last validation, by name. */
  readonly validation: Readonly<Record<string, number>>
  readonly spanwise: string
}

/** `owner/name` of a model by its name or its folder in the Hugging Face cache; null where it has none there. */
export const hubNameOf = (model: string): string | null =>
  cachedName(model) ?? (/^[\w.-]+\/[\w.-]+$/.test(model) && !existsSync(model) ? model : null)

const titles: Readonly<Record<string, string>> = {
  sft: 'supervised fine-tuning',
  curriculum: 'GRPO with a curriculum',
}

/** The card of a trained model: front matter for the Hugging Face hub, then how it was made and what it reached. */
export const modelCard = (name: string, facts: ModelCardFacts): string => {
  const { kind, steps, samples, options, validation, spanwise } = facts
  const base = hubNameOf(facts.base)
  const rows = Object.entries(validation).filter(([figure]) => figure !== 'step' && figure !== 'seconds')
  const measured =
    rows.length === 0
      ? ''
      : `
## Validation after step ${validation.step}

| figure | value |
| --- | --- |
${rows.map(([figure, value]) => `| ${figure} | ${Number.isInteger(value) ? value : value.toFixed(4)} |`).join('\n')}
`
  return `---
${base === null ? '' : `base_model: ${base}\n`}library_name: ${facts.adapter ? 'peft' : 'transformers'}
pipeline_tag: video-text-to-text
tags:
  - spanwise
  - temporal-grounding
---

# ${name}

${base ?? checkpointName(facts.base)} after ${steps} steps of ${titles[kind] ?? kind}${samples === null ? '' : ` on ${samples} samples`} with Spanwise ${spanwise}.
The figures of every step are in \`metrics.parquet\`.
${measured}
## Settings

\`\`\`json
${JSON.stringify(options, null, 2)}
\`\`\`
`
}
