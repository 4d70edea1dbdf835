import type { ModelProfile } from './profile.ts'

/** The settings of a checkpoint's video processor, and of its image processor. */
export interface ProcessorFacts {
  readonly fps: number
  readonly minFrames: number
  readonly maxFrames: number
  /** Most pixels: of a whole clip (frames x height x width) or of a frame, as the family's processor counts. */
  readonly maxPixels: number
  /** Fewest pixels of an image; null where the checkpoint does not say. */
  readonly minImagePixels: number | null
  readonly factor: number
  readonly framesPerToken: number
}

/** Facts about a model before its first request. */
export interface ModelFacts {
  /** Its name on the hub, the name that a server knows, or the base name of its folder. */
  readonly name: string
  /** Further names by which it may be recognised: the `root` that a server reports. */
  readonly aliases: ReadonlyArray<string>
  /** `family` of the checkpoint's `spanwise.json`, or the user's setting; null without either. */
  readonly family: string | null
  /** `model_type` of config.json. */
  readonly architecture: string | null
  readonly processor: ProcessorFacts | null
  /** generation_config.json, if it enables sampling. */
  readonly sampling: ModelProfile['sampling'] | null
  /** The chat template. */
  readonly template: string | null
}

/** Models with the same needs. A new family is one file in `families/` and one line in the catalogue. */
export interface Family {
  readonly name: string
  /** Whether a model belongs to it; the first matching family of the catalogue is used. */
  readonly matches: (facts: ModelFacts) => boolean
  readonly profile: (
    facts: ModelFacts,
  ) => Omit<ModelProfile, 'model' | 'family' | 'think' | 'maxTokens' | 'guided'>
}

/** Whether one of a model's names matches; published names are rewritten freely: `Qwen3-VL`, `qwen3_vl`, `qwen3vl`. */
export const named = ({ name, aliases }: ModelFacts, pattern: RegExp): boolean =>
  [name, ...aliases].some((one) => pattern.test(one))

/** Whether a model's name says that it always reasons: `-Thinking`, and not `-NoThinking`. */
export const namedThinking = (facts: ModelFacts): boolean => named(facts, /(?<!no[-_]?|non[-_]?)thinking/i)
