import { roundingError } from '../core/index.ts'

/**
 * `none` hides nothing. `linear`, `cosine`, `step`: the hidden share follows the steps. `adaptive`: it also follows the
 * sample's own last rollouts. `on-failure`: samples are shown whole first, and again with frames hidden where all
 * rewards were equal.
 */
export const maskScheduleKinds = ['none', 'linear', 'cosine', 'step', 'adaptive', 'on-failure'] as const

/** How the hidden share falls over training. */
export interface MaskSchedule {
  readonly kind: (typeof maskScheduleKinds)[number]
  /** Share hidden at step 0, in [0, 1]. */
  readonly start: number
  /** Share of all steps after which nothing is hidden, in [0, 1]. */
  readonly until: number
}

/**
 * The largest share hidden at `step` (0-based) of `steps`, in [0, start], never rising. `linear` and `cosine` fall from
 * the start to 0 at `until x steps`; the other kinds hold the start until there and are 0 from there on.
 */
export const maskRatio = (schedule: MaskSchedule, step: number, steps: number): number => {
  const end = schedule.until * steps
  if (schedule.kind === 'none' || step >= end - roundingError) return 0
  const progress = step / end
  if (schedule.kind === 'linear') return schedule.start * (1 - progress)
  if (schedule.kind === 'cosine') return (schedule.start * (1 + Math.cos(Math.PI * progress))) / 2
  return schedule.start
}

/**
 * The share that the schedule `adaptive` hides of a sample whose last rollouts scored `last` (0 to 1) on average: the
 * start at 0, falling linearly to nothing at `solvedAt`.
 */
export const adaptiveRatio = (start: number, solvedAt: number, last: number): number =>
  last >= solvedAt ? 0 : start * (1 - Math.max(0, last) / solvedAt)
