import { z } from 'zod'
import { count, limits } from '../../limits.ts'
import { epsilon, heads, layers, side, size, tokenIds, tokensOf, width } from '../parts/fields.ts'
import { decoderHeads, towerHeads } from '../parts/heads.ts'

const visionSchema = z.object({
  depth: layers.default(27),
  hidden_size: width.default(1152),
  hidden_act: z.literal('gelu_pytorch_tanh').default('gelu_pytorch_tanh'),
  intermediate_size: width.default(4304),
  num_heads: heads.default(16),
  in_channels: side.default(3),
  patch_size: size.default(16),
  spatial_merge_size: side.default(2),
  temporal_patch_size: size.default(2),
  out_hidden_size: width.default(3584),
  num_position_embeddings: count(limits.positions).default(2304),
  deepstack_visual_indexes: z.array(z.number().int().nonnegative()).max(limits.layers).default([8, 16, 24]),
  rope_parameters: z.object({ rope_theta: z.number().positive().default(10000) }).nullish(),
})

const ropeSchema = z.object({
  rope_type: z.literal('default').default('default'),
  rope_theta: z.number().positive().optional(),
  mrope_section: z.array(width).length(3).default([24, 20, 20]),
})

const textSchema = z.object({
  vocab_size: count(limits.vocabulary).default(151936),
  hidden_size: width.default(4096),
  intermediate_size: width.default(22016),
  num_hidden_layers: layers.default(32),
  num_attention_heads: heads.default(32),
  num_key_value_heads: heads.nullish(),
  head_dim: width.default(128),
  hidden_act: z.literal('silu').default('silu'),
  max_position_embeddings: count(limits.positions).default(128000),
  rms_norm_eps: epsilon.default(1e-6),
  attention_bias: z.literal(false).default(false),
  rope_theta: z.number().positive().optional(),
  rope_parameters: ropeSchema.nullish(),
  rope_scaling: ropeSchema.nullish(),
})

/**
 * The fields of a Qwen3-VL `config.json` that the computation depends on, as transformers 5 names and defaults them
 * (`Qwen3VLConfig`). Unknown fields are kept by the checkpoint for writing back, not here.
 */
export const configSchema = z
  .object({
    model_type: z.literal('qwen3_vl'),
    vision_config: visionSchema,
    text_config: textSchema,
    ...tokenIds,
    tie_word_embeddings: z.boolean().default(false),
  })
  .transform((raw) => {
    const { vision_config: vision, text_config: text } = raw
    // transformers 4 wrote rope_theta beside rope_scaling; transformers 5 writes both into rope_parameters.
    const rope = text.rope_parameters ?? text.rope_scaling
    return {
      vision: {
        depth: vision.depth,
        hiddenSize: vision.hidden_size,
        intermediateSize: vision.intermediate_size,
        heads: vision.num_heads,
        headDim: vision.hidden_size / vision.num_heads,
        channels: vision.in_channels,
        patchSize: vision.patch_size,
        temporalPatchSize: vision.temporal_patch_size,
        mergeSize: vision.spatial_merge_size,
        outHiddenSize: vision.out_hidden_size,
        positions: vision.num_position_embeddings,
        deepstack: vision.deepstack_visual_indexes,
        ropeTheta: vision.rope_parameters?.rope_theta ?? 10000,
      },
      text: {
        vocabSize: text.vocab_size,
        hiddenSize: text.hidden_size,
        intermediateSize: text.intermediate_size,
        layers: text.num_hidden_layers,
        heads: text.num_attention_heads,
        kvHeads: text.num_key_value_heads ?? text.num_attention_heads,
        headDim: text.head_dim,
        maxPositions: text.max_position_embeddings,
        rmsNormEps: text.rms_norm_eps,
        ropeTheta: rope?.rope_theta ?? text.rope_theta ?? 500000,
        mropeSection: rope?.mrope_section ?? [24, 20, 20],
        attentionBias: false,
        headNorm: true,
        tied: raw.tie_word_embeddings,
      },
      tokens: tokensOf(raw),
    }
  })
  .refine(({ text }) => decoderHeads[0](text), decoderHeads[1])
  .refine(({ vision }) => towerHeads[0](vision), towerHeads[1])

export type Qwen3VlConfig = z.output<typeof configSchema>
export type VisionConfig = Qwen3VlConfig['vision']
