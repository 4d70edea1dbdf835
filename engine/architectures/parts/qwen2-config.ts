import { z } from 'zod'
import { count, limits } from '../../limits.ts'
import type { DecoderSettings } from './decoder.ts'
import { epsilon, heads, layers, side, size, tokenIds, width } from './fields.ts'
import { decoderHeads } from './heads.ts'

const kind = z.enum(['default', 'mrope']).nullish()

const ropeSchema = z.object({
  // Published files say `type: mrope`, transformers 5 writes `rope_type: default`; both mean plain frequencies.
  type: kind,
  rope_type: kind,
  rope_theta: z.number().positive().optional(),
  mrope_section: z.array(width).length(3).default([16, 24, 24]),
})

const textSchema = z
  .object({
    vocab_size: count(limits.vocabulary).default(152064),
    hidden_size: width.default(8192),
    intermediate_size: width.default(29568),
    num_hidden_layers: layers.default(80),
    num_attention_heads: heads.default(64),
    num_key_value_heads: heads.nullish().default(8),
    hidden_act: z.literal('silu').default('silu'),
    max_position_embeddings: count(limits.positions).default(32768),
    rms_norm_eps: epsilon.default(1e-5),
    use_sliding_window: z.literal(false).nullish(),
    rope_theta: z.number().positive().optional(),
    rope_parameters: ropeSchema.nullish(),
    rope_scaling: ropeSchema.nullish(),
    tie_word_embeddings: z.boolean().nullish(),
  })
  .transform((raw) => {
    const rope = raw.rope_scaling ?? raw.rope_parameters
    return {
      vocabSize: raw.vocab_size,
      hiddenSize: raw.hidden_size,
      intermediateSize: raw.intermediate_size,
      layers: raw.num_hidden_layers,
      heads: raw.num_attention_heads,
      kvHeads: raw.num_key_value_heads ?? raw.num_attention_heads,
      headDim: raw.hidden_size / raw.num_attention_heads,
      maxPositions: raw.max_position_embeddings,
      rmsNormEps: raw.rms_norm_eps,
      ropeTheta: rope?.rope_theta ?? raw.rope_theta ?? 1000000,
      mropeSection: rope?.mrope_section ?? [16, 24, 24],
      attentionBias: true,
      headNorm: false,
      tied: raw.tie_word_embeddings ?? false,
    }
  })
  .refine(...decoderHeads)
  .refine(({ headDim, mropeSection }) => mropeSection.reduce((a, b) => a + b, 0) === headDim / 2, {
    error: 'the mrope_section does not add up to half of a head',
  })

/** The decoder of Qwen2-VL and Qwen2.5-VL. */
export type Qwen2Text = DecoderSettings & z.output<typeof textSchema>

/** Fields of a vision_config that both have. */
export const towerFields = {
  depth: layers.default(32),
  num_heads: heads.default(16),
  in_channels: side.default(3),
  patch_size: size.default(14),
  spatial_merge_size: side.default(2),
  temporal_patch_size: size.default(2),
  rope_parameters: z.object({ rope_theta: z.number().positive().default(10000) }).nullish(),
}

const towerSchema = z.object(towerFields)

/** Those fields under the names of `TowerSettings`, for heads of a tower of the given width. */
export const towerOf = (raw: z.output<typeof towerSchema>, hiddenSize: number) => ({
  depth: raw.depth,
  hiddenSize,
  heads: raw.num_heads,
  headDim: hiddenSize / raw.num_heads,
  channels: raw.in_channels,
  patchSize: raw.patch_size,
  temporalPatchSize: raw.temporal_patch_size,
  mergeSize: raw.spatial_merge_size,
  ropeTheta: raw.rope_parameters?.rope_theta ?? 10000,
})

const holdsNoText = (raw: unknown): raw is object =>
  typeof raw === 'object' && raw !== null && !('text_config' in raw)

/**
 * A config.json of Qwen2-VL or Qwen2.5-VL around its vision_config. Published files have the fields of the text model
 * at the top, transformers 5 writes them into a text_config.
 */
export const qwen2Config = <Type extends string, Vision extends z.ZodType>(type: Type, vision: Vision) =>
  z
    .preprocess(
      (raw) => (holdsNoText(raw) ? { ...raw, text_config: raw } : raw),
      z.object({
        model_type: z.literal(type),
        vision_config: vision,
        text_config: textSchema,
        ...tokenIds,
        tie_word_embeddings: z.boolean().default(false),
      }),
    )
    .transform((raw) => ({
      ...raw,
      text_config: { ...raw.text_config, tied: raw.tie_word_embeddings || raw.text_config.tied },
    }))
