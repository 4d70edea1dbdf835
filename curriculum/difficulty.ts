export { bandOf } from '../agents/index.ts'

import { type Window, Windows } from '../core/index.ts'

export const bands = ['easy', 'medium', 'hard'] as const
export type Band = (typeof bands)[number]

/**
 * What orders samples from hard to easy: `score` is the model's own mean IoU; `span` the annotated seconds;
 * `span/duration` the annotated share of the clip.
 */
export const curriculumKeys = ['score', 'span', 'span/duration'] as const
export type CurriculumKey = (typeof curriculumKeys)[number]

/** What selection, samplers and masks need to know of a sample. */
export interface Candidate {
  readonly id: string
  /** Mean IoU of the zero-shot rollouts, in [0, 1]. */
  readonly iou: number
  /** Annotated windows in seconds. */
  readonly windows: ReadonlyArray<Window>
  /** Seconds of the clip. */
  readonly duration: number
}

/** Difficulties below the first bound are easy, above the second hard; in [0, 1]. */
export interface BandBounds {
  readonly easy: number
  readonly hard: number
}

/** The documented default. */
export const defaultBounds: BandBounds = { easy: 0.3, hard: 0.7 }

const span = (candidate: Candidate) => Windows.coverage(candidate.windows)

const measure: Record<CurriculumKey, (candidate: Candidate) => number> = {
  score: (candidate) => candidate.iou,
  span,
  'span/duration': (candidate) => (candidate.duration > 0 ? span(candidate) / candidate.duration : 0),
}

/**
 * How easy each candidate is under a key, in [0, 1], by id. `score` is the IoU itself. The span keys have no natural
 * scale, so they become the sample's mid-rank in the pool divided by the pool's size, which makes the default
 * thresholds cut 30 / 40 / 30 % of any pool.
 */
export const easeByKey = (
  pool: ReadonlyArray<Candidate>,
  key: CurriculumKey,
): ReadonlyMap<string, number> => {
  const values = pool.map((candidate) => ({ id: candidate.id, value: measure[key](candidate) }))
  if (key === 'score') return new Map(values.map(({ id, value }) => [id, Math.min(1, Math.max(0, value))]))
  const sorted = values.map(({ value }) => value).sort((a, b) => a - b)
  const first = new Map<number, number>()
  const last = new Map<number, number>()
  sorted.forEach((value, rank) => {
    if (!first.has(value)) first.set(value, rank)
    last.set(value, rank)
  })
  return new Map(
    values.map(({ id, value }) => [id, (first.get(value)! + last.get(value)! + 1) / 2 / sorted.length]),
  )
}
