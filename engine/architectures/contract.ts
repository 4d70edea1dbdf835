import type { z } from 'zod'
import type { Dim, Graph, Value } from '../../graph/index.ts'
import type { Attend } from '../attention.ts'

/** Patches of one clip: frame pairs, patch rows, patch columns. */
export type Grid = readonly [t: number, h: number, w: number]

/** What positions depend on in a clip. */
export interface ClipShape {
  readonly grid: Grid
  /** Seconds from one frame pair to the next. */
  readonly secondsPerPair: number
}

/**
 * Whose positions text gets after a clip. transformers (since 5.3) counts on after the clip's height or width, whichever
 * is larger; vLLM, and transformers before, after its largest position on any axis. They differ where a clip is longer in
 * time than it is wide and high, and only in models whose clips are one run of tokens.
 */
export type Convention = 'transformers' | 'vllm'

export interface RopeTables {
  /** [L, headDim / 2] row-major: the two halves of a head rotate by the same angles. */
  readonly cos: Float32Array
  readonly sin: Float32Array
}

/** Gives the graph value of a weight by its name in `Model.shapes`; the same value each time it is asked for. */
export type Weights = (name: string, shape: ReadonlyArray<number>) => Value

/** Clips of one frame size, as inputs of a graph. */
export interface FrameInputs {
  /** [F, h * w, patchLength]: F frame pairs of any number of clips, one after the other. */
  readonly pixels: Value
  /** int64 [F * h * w / merge^2]: rows of the flattened [B * L] tokens that stand for them, in order. */
  readonly rows: Value
  /** Patch rows and columns of a frame; multiples of the merge size. */
  readonly height: number
  readonly width: number
}

export interface ForwardInputs {
  /** int64 [B, L]. */
  readonly ids: Value
  /** [B, L, Dh / 2], from `Model.angles`. */
  readonly cos: Value
  readonly sin: Value
  /** One entry for each frame size; empty without video. */
  readonly frames: ReadonlyArray<FrameInputs>
  readonly attend: Attend
  /**
   * Only positions from here on are wanted after the last layer; it then asks no queries for the ones before, of which
   * it needs keys and values only.
   */
  readonly tail?: Dim
}

/** How a model learns when a frame was: it decides which frames may be left out of a clip. */
export type TimeCode =
  /** Each frame pair has its time as text before it: frames may be dropped. */
  | 'text'
  /** One interval for the whole clip scales the temporal positions: frames must be evenly spaced. */
  | 'interval'
  /** Only the order of the frame pairs is known: frames must be evenly spaced. */
  | 'order'

/** What a video preprocessor file may leave out. */
export interface ProcessorDefaults {
  readonly patchSize: number
  readonly mean: readonly [number, number, number]
  readonly std: readonly [number, number, number]
  /** Fewest and most pixels, of a whole clip or of a frame, as the architecture's processor counts. */
  readonly pixels: readonly [least: number, most: number]
}

/** A model of one architecture and size: all the engine needs to run and to train it. */
export interface Model {
  /** `model_type` of its config.json. */
  readonly architecture: string
  readonly text: {
    readonly vocabSize: number
    readonly hiddenSize: number
    readonly layers: number
    readonly kvHeads: number
    readonly headDim: number
    readonly maxPositions: number
  }
  readonly vision: {
    readonly depth: number
    readonly mergeSize: number
    /** Numbers of one flattened patch: channels x temporal patch x patch x patch. */
    readonly patchLength: number
  }
  /** Ids that stand for pixels or enclose them; none of them may be sampled. */
  readonly tokens: {
    readonly image: number
    readonly video: number
    readonly visionStart: number
    readonly visionEnd: number
  }
  readonly time: TimeCode
  readonly processor: ProcessorDefaults
  /**
   * Every tensor a checkpoint must hold, with its shape, named as transformers 5 names the model's parameters: the
   * vision tower under `model.visual.`, the decoder's layers under `model.language_model.layers.`.
   */
  readonly shapes: ReadonlyMap<string, ReadonlyArray<number>>
  /** Other names under which published checkpoints store a tensor. */
  readonly aliases: (name: string) => ReadonlyArray<string>
  /**
   * Text that stands for a clip in place of the template's video token. `times` has the time of every frame pair,
   * `tokens` counts the merged patches of one. `enclosed`: the text has its own <|vision_start|> and <|vision_end|>.
   */
  readonly clipText: (times: ReadonlyArray<number>, tokens: number) => string
  readonly enclosed: boolean
  /**
   * Positions of a prompt, [3, L] row-major: time, height and width of every token. Text that follows counts on from the
   * last token. Default convention: transformers'. Throws RangeError where the video tokens do not fit the clips.
   */
  readonly positions: (
    inputIds: ArrayLike<number>,
    clips: ReadonlyArray<ClipShape>,
    convention?: Convention,
  ) => Int32Array
  /** Rotary tables of the decoder for positions [3, L]. */
  readonly angles: (positions: Int32Array) => RopeTables
  /** Hidden states [B, L, D] after the final norm, or those from `tail` on. */
  readonly hidden: (graph: Graph, weights: Weights, inputs: ForwardInputs) => Value
  /** The output layer [V, D]; its product with hidden states [..., D] are the scores of the next token. */
  readonly head: (weights: Weights) => Value
}

/** A family of models that share a computation: one folder here and one line of the catalogue. */
export interface Architecture {
  /** Understands a parsed config.json and refuses what the graphs do not compute. */
  readonly model: z.ZodType<Model>
}
