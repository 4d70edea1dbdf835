import { random } from '../../core/index.ts'
import type { ProcessedPrompt } from '../../engine/processor/index.ts'
import { configSchema, patchLength, type Qwen3VlConfig, ropePositions } from '../../engine/qwen3vl/index.ts'

/** The `config.json` of the benched model: about 3 million parameters in Qwen3-VL layout. */
export const rawConfig = {
  architectures: ['Qwen3VLForConditionalGeneration'],
  model_type: 'qwen3_vl',
  tie_word_embeddings: true,
  image_token_id: 596,
  video_token_id: 597,
  vision_start_token_id: 598,
  vision_end_token_id: 599,
  text_config: {
    model_type: 'qwen3_vl_text',
    vocab_size: 600,
    hidden_size: 192,
    intermediate_size: 512,
    num_hidden_layers: 4,
    num_attention_heads: 4,
    num_key_value_heads: 2,
    head_dim: 48,
    rms_norm_eps: 1e-6,
    max_position_embeddings: 4096,
    rope_parameters: {
      rope_type: 'default',
      rope_theta: 10000,
      mrope_section: [8, 8, 8],
      mrope_interleaved: true,
    },
  },
  vision_config: {
    model_type: 'qwen3_vl',
    depth: 3,
    hidden_size: 128,
    intermediate_size: 384,
    num_heads: 4,
    in_channels: 3,
    patch_size: 16,
    temporal_patch_size: 2,
    spatial_merge_size: 2,
    out_hidden_size: 192,
    num_position_embeddings: 64,
    deepstack_visual_indexes: [0, 1],
  },
}

export const config: Qwen3VlConfig = configSchema.parse(rawConfig)

export interface Workload {
  readonly prompts: number
  /** Completions of each prompt. */
  readonly group: number
  /** Frames of a clip (two make a pair). */
  readonly frames: number
  /** Tokens of a completion. */
  readonly completion: number
}

/** 64 x 64 pixels: 4 x 4 patches, merged into 4 tokens a frame pair. */
const side = 4

/**
 * A prompt as the processor makes it: each frame pair as six tokens of timestamp, its vision tokens between start and
 * end, then a question of 24 tokens. Random content.
 */
export const prompt = (seed: number, frames: number): ProcessedPrompt => {
  const source = random('bench', seed)
  const words = (count: number) => Array.from({ length: count }, () => source.int(1, 500))
  const pairs = frames / 2
  const perPair = side ** 2 / config.vision.mergeSize ** 2
  const ids = [
    ...Array.from({ length: pairs }, () => [
      ...words(6),
      config.visionStartTokenId,
      ...Array<number>(perPair).fill(config.videoTokenId),
      config.visionEndTokenId,
    ]).flat(),
    ...words(24),
  ]
  const grids = [[pairs, side, side] as const]
  const rope = ropePositions(ids, grids, config)
  return {
    text: '',
    inputIds: Int32Array.from(ids),
    pixels: Float32Array.from({ length: pairs * side ** 2 * patchLength(config.vision) }, () => source.uniform(-1, 1)),
    grids,
    visual: Int32Array.from(ids.flatMap((id, at) => (id === config.videoTokenId ? [at] : []))),
    positions: rope.positions,
    ropeDelta: rope.delta,
  }
}

/** Random completion tokens. */
export const completion = (seed: number, length: number): ReadonlyArray<number> => {
  const source = random('bench-completion', seed)
  return Array.from({ length }, () => source.int(1, 500))
}
