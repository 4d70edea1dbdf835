import type { Architecture } from './contract.ts'
import { qwen2vl } from './qwen2vl/index.ts'
import { qwen3vl } from './qwen3vl/index.ts'
import { qwen25vl } from './qwen25vl/index.ts'

/** Architectures the engine knows, by `model_type` of config.json. */
export const architectures = {
  qwen2_vl: qwen2vl,
  qwen2_5_vl: qwen25vl,
  qwen3_vl: qwen3vl,
} as const satisfies Readonly<Record<string, Architecture>>
