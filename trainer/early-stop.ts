import { z } from 'zod'

/**
 * When to stop before the last step: when neither the smoothed reward has risen by more than `delta` nor the smoothed
 * spread within groups has moved by more than `delta` for `patience` steps. Patience 0 never stops.
 */
export const earlyStopSchema = z.strictObject({
  patience: z.int().min(0).default(0),
  delta: z.number().min(0).default(0.005),
  /** Weight of the past in the moving averages, in [0, 1). */
  smoothing: z.number().min(0).lt(1).default(0.9),
})
export type EarlyStop = z.infer<typeof earlyStopSchema>

/** Plain data, part of a checkpoint. */
export interface Plateau {
  readonly steps: number
  readonly reward: number
  readonly spread: number
  /** Marks that the averages are compared with, and the step at which one was last passed. */
  readonly bestReward: number
  readonly markedSpread: number
  readonly since: number
}

export const startPlateau: Plateau = {
  steps: 0,
  reward: 0,
  spread: 0,
  bestReward: 0,
  markedSpread: 0,
  since: 0,
}

/** Takes in one step's mean reward and mean spread (standard deviation within groups). */
export const watch = (rule: EarlyStop, state: Plateau, reward: number, spread: number): Plateau => {
  const steps = state.steps + 1
  const blend = (old: number, value: number) =>
    state.steps === 0 ? value : rule.smoothing * old + (1 - rule.smoothing) * value
  const smoothed = { reward: blend(state.reward, reward), spread: blend(state.spread, spread) }
  const moved =
    state.steps === 0 ||
    smoothed.reward > state.bestReward + rule.delta ||
    Math.abs(smoothed.spread - state.markedSpread) > rule.delta
  return {
    steps,
    ...smoothed,
    bestReward: state.steps === 0 ? smoothed.reward : Math.max(state.bestReward, smoothed.reward),
    markedSpread: moved ? smoothed.spread : state.markedSpread,
    since: moved ? steps : state.since,
  }
}

/** Whether the plateau has lasted long enough. */
export const stopsEarly = (rule: EarlyStop, state: Plateau): boolean =>
  rule.patience > 0 && state.steps - state.since >= rule.patience
