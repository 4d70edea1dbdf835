import { qwenTemplate } from '../../tokenizer/qwen.ts'
import type { specialTokens, TokenizerFiles } from '../../tokenizer/train.ts'

/** Sizes of a new Qwen3-VL model. */
export interface NewModel {
  readonly vision: {
    readonly depth: number
    readonly hiddenSize: number
    readonly intermediateSize: number
    readonly heads: number
    /** Side of the square table of learned positions. */
    readonly side: number
    /** Vision blocks whose features are added after the first text layers. */
    readonly deepstack: ReadonlyArray<number>
  }
  readonly text: {
    readonly layers: number
    readonly hiddenSize: number
    readonly intermediateSize: number
    readonly heads: number
    readonly kvHeads: number
    readonly headDim: number
    readonly ropeTheta: number
    /** Rotary frequencies for time, height and width; they add up to half the head. */
    readonly mropeSection: readonly [number, number, number]
    readonly maxPositions: number
  }
  readonly tieEmbeddings: boolean
  /** Rows of the embedding table; by default as many as the tokenizer has tokens. */
  readonly vocabulary?: number
  readonly tokenizer: TokenizerFiles
  /** Fewest and most pixels of a whole clip (frames x height x width) that transformers leaves as they are. */
  readonly clipPixels: readonly [number, number]
  /** Mean and deviation of a colour channel, of 0 to 1, that pixels are normalised by; 0.5 and 0.5 are Qwen's. */
  readonly pixels?: { readonly mean: number; readonly deviation: number }
  /** Frames a second at which clips are taken. */
  readonly fps: number
}

const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`

/** The text files of a new checkpoint by name, laid out as the published Qwen3-VL folders are. */
export const newFiles = (model: NewModel): ReadonlyMap<string, string> => {
  const { vision, text, tokenizer } = model
  const added = tokenizer.tokenizer.added_tokens as ReadonlyArray<{ id: number; content: string }>
  const idOf = (token: (typeof specialTokens)[number]) => {
    const found = added.find(({ content }) => content === token)
    if (found === undefined) throw new RangeError(`newFiles: the tokenizer has no token ${token}`)
    return found.id
  }
  const { mean, deviation } = model.pixels ?? { mean: 0.5, deviation: 0.5 }
  const pixels = {
    do_convert_rgb: true,
    do_normalize: true,
    do_rescale: true,
    do_resize: true,
    image_mean: [mean, mean, mean],
    image_std: [deviation, deviation, deviation],
    merge_size: 2,
    patch_size: 16,
    processor_class: 'Qwen3VLProcessor',
    resample: 3,
    rescale_factor: 1 / 255,
    size: { shortest_edge: model.clipPixels[0], longest_edge: model.clipPixels[1] },
    temporal_patch_size: 2,
  }
  return new Map([
    [
      'config.json',
      json({
        architectures: ['Qwen3VLForConditionalGeneration'],
        dtype: 'float32',
        image_token_id: idOf('<|image_pad|>'),
        model_type: 'qwen3_vl',
        text_config: {
          attention_bias: false,
          attention_dropout: 0,
          head_dim: text.headDim,
          hidden_act: 'silu',
          hidden_size: text.hiddenSize,
          initializer_range: 0.02,
          intermediate_size: text.intermediateSize,
          max_position_embeddings: text.maxPositions,
          model_type: 'qwen3_vl_text',
          num_attention_heads: text.heads,
          num_hidden_layers: text.layers,
          num_key_value_heads: text.kvHeads,
          rms_norm_eps: 1e-6,
          rope_parameters: {
            mrope_interleaved: true,
            mrope_section: text.mropeSection,
            rope_theta: text.ropeTheta,
            rope_type: 'default',
          },
          tie_word_embeddings: model.tieEmbeddings,
          vocab_size: model.vocabulary ?? Math.max(...added.map(({ id }) => id)) + 1,
        },
        tie_word_embeddings: model.tieEmbeddings,
        video_token_id: idOf('<|video_pad|>'),
        vision_config: {
          deepstack_visual_indexes: vision.deepstack,
          depth: vision.depth,
          hidden_act: 'gelu_pytorch_tanh',
          hidden_size: vision.hiddenSize,
          in_channels: 3,
          initializer_range: 0.02,
          intermediate_size: vision.intermediateSize,
          model_type: 'qwen3_vl_vision',
          num_heads: vision.heads,
          num_position_embeddings: vision.side ** 2,
          out_hidden_size: text.hiddenSize,
          patch_size: 16,
          spatial_merge_size: 2,
          temporal_patch_size: 2,
        },
        vision_end_token_id: idOf('<|vision_end|>'),
        vision_start_token_id: idOf('<|vision_start|>'),
      }),
    ],
    [
      'generation_config.json',
      json({
        do_sample: true,
        eos_token_id: [idOf('<|im_end|>'), idOf('<|endoftext|>')],
        pad_token_id: idOf('<|endoftext|>'),
        temperature: 1,
      }),
    ],
    ['tokenizer.json', json(tokenizer.tokenizer)],
    ['tokenizer_config.json', json(tokenizer.config)],
    ['chat_template.jinja', qwenTemplate],
    ['preprocessor_config.json', json({ ...pixels, image_processor_type: 'Qwen2VLImageProcessorFast' })],
    [
      'video_preprocessor_config.json',
      json({
        ...pixels,
        do_sample_frames: true,
        fps: model.fps,
        max_frames: 768,
        min_frames: 4,
        video_processor_type: 'Qwen3VLVideoProcessor',
      }),
    ],
  ])
}
