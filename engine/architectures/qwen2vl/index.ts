import { z } from 'zod'
import type { Architecture } from '../contract.ts'
import { side, width } from '../parts/fields.ts'
import { towerHeads } from '../parts/heads.ts'
import { qwen2Config, towerFields, towerOf } from '../parts/qwen2-config.ts'
import { qwen2Model } from '../parts/qwen2-model.ts'
import { vision, visionShapes } from './vision.ts'

const visionSchema = z
  .object({
    ...towerFields,
    embed_dim: width.default(1280),
    mlp_ratio: side.default(4),
    hidden_size: width.default(3584),
    hidden_act: z.literal('quick_gelu').default('quick_gelu'),
  })
  .transform((raw) => ({
    ...towerOf(raw, raw.embed_dim),
    intermediateSize: raw.embed_dim * raw.mlp_ratio,
    outHiddenSize: raw.hidden_size,
  }))
  .refine(...towerHeads)

/** Qwen2-VL: layer norms and quick GELU in vision; frame pairs are one temporal position apart. */
export const qwen2vl = {
  model: qwen2Config('qwen2_vl', visionSchema).transform((raw) =>
    qwen2Model('qwen2_vl', raw, raw.vision_config, {
      tower: vision(raw.vision_config),
      shapes: visionShapes(raw.vision_config),
      time: 'order',
      steps: (pairs) => Array.from({ length: pairs }, (_, pair) => pair),
    }),
  ),
} satisfies Architecture
