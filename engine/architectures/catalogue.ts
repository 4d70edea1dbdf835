import type { Architecture } from './contract.ts'
import { qwen3vl } from './qwen3vl/index.ts'

/** Architectures the engine knows, by `model_type` of config.json. */
export const architectures = {
  qwen3_vl: qwen3vl,
} as const satisfies Readonly<Record<string, Architecture>>
