import { random } from '../../core/index.ts'
import { architectures, type Model } from '../../engine/architectures/index.ts'
import type { ProcessedPrompt } from '../../engine/processor/index.ts'

/** A Qwen3-VL of a few thousand weights: grouped-query attention, two DeepStack levels, untied or tied head. */
export const tinyModel = (tied = true): Model =>
  architectures.qwen3_vl.model.parse({
    model_type: 'qwen3_vl',
    tie_word_embeddings: tied,
    image_token_id: 60,
    video_token_id: 61,
    vision_start_token_id: 62,
    vision_end_token_id: 63,
    text_config: {
      vocab_size: 64,
      hidden_size: 24,
      intermediate_size: 32,
      num_hidden_layers: 3,
      num_attention_heads: 4,
      num_key_value_heads: 2,
      head_dim: 8,
      rope_parameters: { rope_theta: 10000, mrope_section: [2, 1, 1] },
    },
    vision_config: {
      depth: 2,
      hidden_size: 16,
      intermediate_size: 24,
      num_heads: 2,
      patch_size: 4,
      temporal_patch_size: 2,
      spatial_merge_size: 2,
      out_hidden_size: 24,
      num_position_embeddings: 16,
      deepstack_visual_indexes: [0, 1],
    },
  })

/** Weights far enough from zero, and norms far enough from one, that every part of the model matters. */
export const tinyWeights = (model: Model, seed = 1): Map<string, Float32Array> =>
  new Map(
    [...model.shapes].map(([name, shape]) => {
      const source = random('weights', seed, name)
      const centre = /norm\d?\.weight$/.test(name) ? 1 : 0
      const size = shape.reduce((product, length) => product * length, 1)
      return [name, Float32Array.from({ length: size }, () => source.normal(centre, 0.15))]
    }),
  )

/** A prompt of random text around a random video of `frames` frame pairs of 2 x 2 patches (none for 0). */
export const randomPrompt = (
  model: Model,
  seed: number,
  { frames = 3, words = 5 }: { frames?: number; words?: number } = {},
): ProcessedPrompt => {
  const source = random('prompt', seed)
  const word = () => source.int(1, 59)
  const ids: Array<number> = []
  for (let frame = 0; frame < frames; frame++) {
    ids.push(word(), model.tokens.visionStart, model.tokens.video, model.tokens.visionEnd)
  }
  for (let i = 0; i < words; i++) ids.push(word())
  const grids = frames > 0 ? [[frames, 2, 2] as const] : []
  const positions = model.positions(
    ids,
    grids.map((grid) => ({ grid, secondsPerPair: 1 })),
  )
  return {
    text: '',
    inputIds: Int32Array.from(ids),
    pixels: Float32Array.from({ length: frames * 4 * model.vision.patchLength }, () => source.normal()),
    grids,
    visual: Int32Array.from(ids.flatMap((id, at) => (id === model.tokens.video ? [at] : []))),
    positions,
  }
}

/** Random completion tokens. */
export const randomTokens = (seed: number, length: number): Array<number> => {
  const source = random('tokens', seed)
  return Array.from({ length }, () => source.int(1, 59))
}
