import { z } from 'zod'
import { count, limits } from '../../limits.ts'
import type { Architecture } from '../contract.ts'
import { width } from '../parts/fields.ts'
import { towerHeads } from '../parts/heads.ts'
import { qwen2Config, towerFields, towerOf } from '../parts/qwen2-config.ts'
import { qwen2Model } from '../parts/qwen2-model.ts'
import { f32 } from '../parts/rope.ts'
import { vision, visionShapes } from './vision.ts'

const visionSchema = z
  .object({
    ...towerFields,
    hidden_size: width.default(3584),
    intermediate_size: width.default(3420),
    out_hidden_size: width.default(3584),
    hidden_act: z.literal('silu').default('silu'),
    window_size: width.default(112),
    fullatt_block_indexes: z
      .array(z.number().int().nonnegative())
      .max(limits.layers)
      .default([7, 15, 23, 31]),
    tokens_per_second: count(limits.frames).default(4),
  })
  .transform((raw) => ({
    ...towerOf(raw, raw.hidden_size),
    intermediateSize: raw.intermediate_size,
    outHiddenSize: raw.out_hidden_size,
    windowSize: raw.window_size,
    fullAttention: raw.fullatt_block_indexes,
    tokensPerSecond: raw.tokens_per_second,
  }))
  .refine(...towerHeads)
  .refine(({ windowSize, mergeSize, patchSize }) => windowSize >= mergeSize * patchSize, {
    error: 'the window_size is smaller than a merged block of patches',
  })

/** Qwen2.5-VL: attention within windows in vision, and temporal positions that measure absolute time. */
export const qwen25vl = {
  model: qwen2Config('qwen2_5_vl', visionSchema).transform((raw) => {
    const { vision_config: settings } = raw
    return qwen2Model('qwen2_5_vl', raw, settings, {
      tower: vision(settings),
      shapes: visionShapes(settings),
      time: 'interval',
      // In float32, as torch multiplies.
      steps: (pairs, secondsPerPair) => {
        const interval = f32(settings.tokensPerSecond * f32(secondsPerPair))
        return Array.from({ length: pairs }, (_, pair) => Math.trunc(f32(pair * interval)))
      },
    })
  }),
} satisfies Architecture
