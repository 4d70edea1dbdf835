/** How the learning rate goes over a run. */
export interface Schedule {
  readonly kind: 'constant' | 'linear' | 'cosine'
  /** The highest learning rate. */
  readonly peak: number
  /** Steps over which it first rises linearly up to the peak. Default 0. */
  readonly warmupSteps?: number
  /** Steps of the whole run, warm-up included. */
  readonly totalSteps: number
  /** Share of the peak that is left at the end (linear and cosine). Default 0. */
  readonly floor?: number
}

/** The learning rate of a step, counted from 0. */
export const learningRateAt = (
  { kind, peak, warmupSteps = 0, totalSteps, floor = 0 }: Schedule,
  step: number,
): number => {
  // The first step already moves: a rate of 0 would waste it.
  if (step < warmupSteps) return (peak * (step + 1)) / warmupSteps
  if (kind === 'constant') return peak
  const left = Math.max(1, totalSteps - warmupSteps)
  const progress = Math.min(1, (step - warmupSteps) / left)
  const share = kind === 'linear' ? 1 - progress : (1 + Math.cos(Math.PI * progress)) / 2
  return peak * (floor + (1 - floor) * share)
}
