import type { Family, ModelFacts, ProcessorFacts } from '../family.ts'
import { named, namedThinking } from '../family.ts'
import type { ModelProfile } from '../profile.ts'
import { general } from './general.ts'

/** The vision tokens of a clip in the papers on temporal grounding (VideoChat-R1, Time-R1): 3 584. */
const clipTokens = 3584

/** transformers' `cap_pixels_per_frame`: 768 vision tokens a frame. */
const frameTokens = 768

/** Fewest vision tokens of a frame pair: `min_pixels` of Time-R1, 16 tokens. */
const pairTokens = 16

/**
 * The view of a Qwen processor: its own frame rate, frames and pixels (of a whole clip, or of each frame), within the
 * budget. The number of frames is limited so that each pair keeps `pairTokens`.
 */
const view = (
  { fps, minFrames, maxFrames, maxPixels, factor, framesPerToken }: ProcessorFacts,
  minImagePixels: number,
  limits: 'clip' | 'frame',
) => {
  const token = factor ** 2
  const visionTokens =
    limits === 'frame' ? clipTokens : Math.min(clipTokens, Math.floor(maxPixels / (token * framesPerToken)))
  return {
    fps,
    minFrames,
    frames: Math.max(minFrames, Math.min(maxFrames, Math.floor(visionTokens / pairTokens) * framesPerToken)),
    maxPixels: limits === 'frame' ? Math.min(maxPixels, frameTokens * token) : frameTokens * token,
    minImagePixels,
    visionTokens,
    factor,
    framesPerToken,
  }
}

type PublishedProcessor = ProcessorFacts & { readonly minImagePixels: number }

/** How a family is recognised, and the settings of its published processors, for use without a checkpoint. */
interface Generation {
  readonly name: string
  readonly architectures: RegExp
  readonly names: RegExp
  readonly processor: PublishedProcessor
  /** The scope of the processor's maximum number of pixels. */
  readonly limits: 'clip' | 'frame'
  readonly timestamps: ModelProfile['timestamps']
  readonly reasoning: (facts: ModelFacts) => ModelProfile['reasoning']
}

const generation = ({
  name,
  architectures,
  names,
  processor,
  limits,
  timestamps,
  reasoning,
}: Generation): Family => ({
  name,
  matches: (facts) =>
    facts.architecture === null ? named(facts, names) : architectures.test(facts.architecture),
  profile: (facts) => ({
    ...general(facts),
    view: view(
      facts.processor ?? processor,
      facts.processor?.minImagePixels ?? processor.minImagePixels,
      limits,
    ),
    reasoning: reasoning(facts),
    timestamps,
    limits,
  }),
})

/** How a model without a switch reasons. */
const unswitched = (facts: ModelFacts): 'none' | 'always' => (namedThinking(facts) ? 'always' : 'none')

/** Whether the chat template has a switch for reasoning. */
const switched = (facts: ModelFacts): boolean => facts.template?.includes('enable_thinking') === true

/** Qwen2VLVideoProcessor and Qwen2VLImageProcessor of transformers, which Qwen2.5-VL shares. */
const qwen2Processor: PublishedProcessor = {
  fps: 2,
  minFrames: 4,
  maxFrames: 768,
  maxPixels: frameTokens * 28 * 28,
  minImagePixels: 56 * 56,
  factor: 28,
  framesPerToken: 2,
}

/** Its rotary positions count frames and do not encode seconds. */
export const qwen2Vl = generation({
  name: 'qwen2-vl',
  architectures: /^qwen2_vl$/,
  names: /qwen[-_]?2[-_]?vl/i,
  processor: qwen2Processor,
  limits: 'frame',
  timestamps: 'prompt',
  reasoning: unswitched,
})

/** Its rotary positions encode the seconds between frames (`second_per_grid_ts`). */
export const qwen25Vl = generation({
  ...{ name: 'qwen2.5-vl', architectures: /^qwen2_5_vl$/, names: /qwen[-_]?2[-._]?5[-_]?vl/i },
  processor: qwen2Processor,
  limits: 'frame',
  timestamps: 'interval',
  reasoning: unswitched,
})

/** video_preprocessor_config.json and preprocessor_config.json of Qwen3-VL-8B-Instruct. */
const qwen3Processor: PublishedProcessor = {
  fps: 2,
  minFrames: 4,
  maxFrames: 768,
  maxPixels: 25_165_824,
  minImagePixels: 65_536,
  factor: 32,
  framesPerToken: 2,
}

export const qwen3Vl = generation({
  ...{ name: 'qwen3-vl', architectures: /^qwen3_vl(_moe)?$/, names: /qwen[-_]?3[-_]?vl/i },
  processor: qwen3Processor,
  limits: 'clip',
  timestamps: 'text',
  reasoning: (facts) => (switched(facts) ? 'switch' : unswitched(facts)),
})

/** Qwen3.5 and later: one model for text and video, whose template takes `enable_thinking`. */
export const qwen35 = generation({
  name: 'qwen3.5',
  architectures: /^qwen(3_5|3_6|[4-9])/,
  // A number before a "b" is a size: Qwen-7B.
  names: /qwen[-_]?(?:3[._]?[5-9]|[4-9])(?![\d.]*b)/i,
  processor: qwen3Processor,
  limits: 'clip',
  timestamps: 'text',
  reasoning: (facts) => (facts.template === null || switched(facts) ? 'switch' : unswitched(facts)),
})
