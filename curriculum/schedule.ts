export const maskScheduleKinds = ['linear', 'cosine', 'step'] as const

/** How the hidden share falls over training. */
export interface MaskSchedule {
  readonly kind: (typeof maskScheduleKinds)[number]
  /** Share hidden at step 0, in [0, 1]. */
  readonly start: number
  /** Share of all steps after which nothing is hidden, in [0, 1]. */
  readonly until: number
}

/** The documented default; ending at half of the steps is this project's choice. */
export const defaultMaskSchedule: MaskSchedule = { kind: 'linear', start: 0.8, until: 0.5 }

/**
 * The share hidden at `step` (0-based) of `steps`, in [0, start], never rising. `linear` and `cosine` fall from the
 * start to 0 at `until x steps`; `step` holds the start until there and is 0 from there on.
 */
export const maskRatio = (schedule: MaskSchedule, step: number, steps: number): number => {
  const end = schedule.until * steps
  if (step >= end) return 0
  const progress = step / end
  if (schedule.kind === 'step') return schedule.start
  if (schedule.kind === 'linear') return schedule.start * (1 - progress)
  return (schedule.start * (1 + Math.cos(Math.PI * progress))) / 2
}
