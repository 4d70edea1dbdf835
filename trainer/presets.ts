import type { z } from 'zod'
import type { policyLosses } from '../engine/index.ts'
import type { AdvantageScale } from './advantages.ts'

export type PolicyLoss = (typeof policyLosses)[number]

/** The complete setting of a paper's loss. Each part is a separate setting; given ones take precedence. */
export interface LossPreset {
  readonly scale: AdvantageScale
  readonly clipLow: number
  readonly clipHigh: number
  /** Extra rounds that replace constant groups by other prompts. */
  readonly refill: number
  /** Share of the reply budget at whose end the length is punished; 0 for never. */
  readonly overlong: number
}

/**
 * GRPO: DeepSeekMath (arXiv 2402.03300). DAPO (arXiv 2503.14476): clip-higher, dynamic sampling and soft overlong
 * punishment over the last 4 096 of 20 480 tokens. Dr. GRPO (arXiv 2503.20783): neither the deviation nor the length
 * divides. GSPO (arXiv 2507.18071): one ratio a sequence, whose clip range is a thousandth of a token's.
 */
export const lossPresets: { readonly [loss in PolicyLoss]: LossPreset } = {
  grpo: { scale: 'group', clipLow: 0.2, clipHigh: 0.2, refill: 0, overlong: 0 },
  dapo: { scale: 'group', clipLow: 0.2, clipHigh: 0.28, refill: 3, overlong: 0.2 },
  dr_grpo: { scale: 'none', clipLow: 0.2, clipHigh: 0.2, refill: 0, overlong: 0 },
  gspo: { scale: 'group', clipLow: 3e-4, clipHigh: 4e-4, refill: 0, overlong: 0 },
}

/** Settings with the parts of their loss that were not given. */
export const withPreset = <
  A extends { readonly loss: PolicyLoss } & Partial<Record<keyof LossPreset, unknown>>,
>(
  settings: A,
): z.core.util.Flatten<Omit<A, keyof LossPreset> & LossPreset> => {
  const preset = lossPresets[settings.loss]
  return {
    ...settings,
    scale: settings.scale ?? preset.scale,
    clipLow: settings.clipLow ?? preset.clipLow,
    clipHigh: settings.clipHigh ?? preset.clipHigh,
    refill: settings.refill ?? preset.refill,
    overlong: settings.overlong ?? preset.overlong,
  } as z.core.util.Flatten<Omit<A, keyof LossPreset> & LossPreset>
}

/**
 * DAPO's soft overlong punishment, in [-1, 0]: falls linearly over the last `share` of `maxTokens` and is -1 for a reply
 * that was cut off.
 */
export const overlongPenalty = (tokens: number, maxTokens: number, share: number): number => {
  const cache = share * maxTokens
  if (cache <= 0) return 0
  return Math.max(-1, Math.min(0, (maxTokens - cache - tokens) / cache))
}
