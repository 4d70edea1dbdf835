/** What an arm of the study trains on. `pool` is every annotation of the training split. */
export type Recipe =
  /** Every annotation, or a random share of them, as annotated. */
  | { readonly from: 'annotations'; readonly share: number }
  /**
   * A tenth with a set share of partial annotations: the same videos at every dose, of which 60 % miss a window; at a
   * lower dose the missing window is put back into some of them.
   */
  | { readonly from: 'dose'; readonly partial: number }
  /** A tenth selected with the agents' verdicts, or with the truth in place of boundary reflection. */
  | {
      readonly from: 'verdicts'
      /** What is done with annotations found partial; `keep` does without boundary reflection. */
      readonly action: 'keep' | 'drop' | 'repair' | 'downweight'
      readonly select: 'random' | 'gaussian'
      readonly oracle?: boolean
      /** Only this share of the pool, drawn at random, is judged by the agents. */
      readonly screened?: number
    }

export interface Arm {
  readonly kind: 'grpo' | 'sft'
  readonly data: Recipe
  /** Settings of the trainer that differ from its defaults; masks are off unless given. */
  readonly settings?: { readonly [name: string]: unknown }
}

const tenth = 0.1
const curated = { from: 'verdicts', action: 'drop', select: 'gaussian' } as const
/**
 * Boundary reflection alone: annotations are judged in random order, and the first tenth of the pool that is not dropped is
 * what a random choice among all of them would be. About two thirds are kept, so this share is enough.
 */
const complete = { from: 'verdicts', action: 'drop', select: 'random', screened: 0.18 } as const

/** Curriculum GRPO on the curated tenth under one mask schedule. */
const masked = (
  kind: string,
  start: number,
  until: number,
  more: { readonly [name: string]: unknown } = {},
): Arm => ({ kind: 'grpo', data: curated, settings: { mask: { kind, start, until, ...more } } })

/** The arms that decide the claims, in the order in which they are run. */
export const deciding = {
  all: { kind: 'grpo', data: { from: 'annotations', share: 1 } },
  'all-sft': { kind: 'sft', data: { from: 'annotations', share: 1 } },
  random: { kind: 'grpo', data: { from: 'annotations', share: tenth } },
  curated: { kind: 'grpo', data: curated },
  'mask-linear': masked('linear', 0.8, 0.5),
  'mask-adaptive': masked('adaptive', 0.8, 1),
  'mask-on-failure': masked('on-failure', 0.8, 1),
  oracle: { kind: 'grpo', data: { ...curated, oracle: true } },
  'random-fifth': { kind: 'grpo', data: { from: 'annotations', share: 0.21 } },
  'curated-sft': { kind: 'sft', data: curated },
  'random-sft': { kind: 'sft', data: { from: 'annotations', share: tenth } },
  bra: { kind: 'grpo', data: complete },
  'bra-sft': { kind: 'sft', data: complete },
} as const satisfies { readonly [name: string]: Arm }

/** The same questions under supervised fine-tuning. */
export const supervised = {
  'dose-0-sft': { kind: 'sft', data: { from: 'dose', partial: 0 } },
  'dose-60-sft': { kind: 'sft', data: { from: 'dose', partial: 0.6 } },
  'dea-sft': { kind: 'sft', data: { ...curated, action: 'keep' } },
  'repair-sft': { kind: 'sft', data: { ...curated, action: 'repair' } },
  'oracle-sft': { kind: 'sft', data: { ...curated, oracle: true } },
  'downweight-sft': { kind: 'sft', data: { ...curated, action: 'downweight' } },
  'dose-20-sft': { kind: 'sft', data: { from: 'dose', partial: 0.2 } },
  'dose-40-sft': { kind: 'sft', data: { from: 'dose', partial: 0.4 } },
} as const satisfies { readonly [name: string]: Arm }

/** Single parts, alternatives, the noise dose. */
export const further = {
  dea: { kind: 'grpo', data: { ...curated, action: 'keep' } },
  repair: { kind: 'grpo', data: { ...curated, action: 'repair' } },
  downweight: { kind: 'grpo', data: { ...curated, action: 'downweight' } },
  screened: { kind: 'grpo', data: { ...curated, screened: 0.25 } },
  inject: { kind: 'grpo', data: curated, settings: { inject: 'failed' } },
  wasserstein: { kind: 'grpo', data: curated, settings: { rewards: { wasserstein: 1 } } },
  'length-order': { kind: 'grpo', data: curated, settings: { key: 'span', order: 'easy-first' } },
  'oracle-repair': { kind: 'grpo', data: { ...curated, action: 'repair', oracle: true } },
  'dose-0': { kind: 'grpo', data: { from: 'dose', partial: 0 } },
  'dose-20': { kind: 'grpo', data: { from: 'dose', partial: 0.2 } },
  'dose-40': { kind: 'grpo', data: { from: 'dose', partial: 0.4 } },
  'dose-60': { kind: 'grpo', data: { from: 'dose', partial: 0.6 } },
} as const satisfies { readonly [name: string]: Arm }

/** The search for a schedule that helps. */
export const schedules = {
  'mask-start-3': masked('linear', 0.3, 0.5),
  'mask-start-5': masked('linear', 0.5, 0.5),
  'mask-start-9': masked('linear', 0.9, 0.5),
  'mask-until-2': masked('linear', 0.8, 0.2),
  'mask-until-8': masked('linear', 0.8, 0.8),
  'mask-cosine': masked('cosine', 0.8, 0.5),
  'mask-step': masked('step', 0.8, 0.5),
  'mask-drop': masked('linear', 0.8, 0.5, { mode: 'drop' }),
  'mask-adaptive-drop': masked('adaptive', 0.8, 1, { mode: 'drop' }),
  'mask-on-failure-drop': masked('on-failure', 0.8, 1, { mode: 'drop' }),
  'mask-on-failure-half': masked('on-failure', 0.8, 0.5),
} as const satisfies { readonly [name: string]: Arm }

/** Groups of arms by the names that `--arms` takes beside those of single arms. */
export const groups = { deciding, supervised, further, schedules } as const

export const arms: { readonly [name: string]: Arm } = { ...deciding, ...supervised, ...further, ...schedules }

/** How many seeds an arm is run with: five where it decides a claim, three elsewhere and of the training on everything. */
export const seedsOf = (arm: string): number => (arm in deciding && arm !== 'all' ? 5 : 3)
