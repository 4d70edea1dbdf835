import type { Convention, Grid } from '../architectures/index.ts'

/**
 * The frames of a video as the processor needs them; a `Clip` of the video room is one. Frames are already sized
 * (sides are multiples of patch size x merge size), and masked frames are already blank or gone.
 */
export interface Frames {
  readonly width: number
  readonly height: number
  /** True time of each frame, seconds. */
  readonly times: Float64Array
  /** Frames per second of the sampling: what `times` would have but for being those of real pictures. */
  readonly fps: number
  /** [N, H, W, 3]. */
  readonly rgb: Uint8Array
}

export type Content =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'video'; readonly clip: Frames }
  /** A clip of one frame, whose time is not told. */
  | { readonly type: 'image'; readonly clip: Frames }

export interface Message {
  readonly role: 'system' | 'user' | 'assistant'
  readonly content: ReadonlyArray<Content>
}

/** A prompt as the model takes it. */
export interface ProcessedPrompt {
  /** The rendered and expanded text, as tokenised. */
  readonly text: string
  readonly inputIds: Int32Array
  /** [P, patch length] row-major, the patches of all clips one after the other. */
  readonly pixels: Float32Array
  /** Frame pairs, patch rows and patch columns of each clip. */
  readonly grids: ReadonlyArray<Grid>
  /** Where in `inputIds` the pad tokens of videos and images are, in order. */
  readonly visual: Int32Array
  /** [3, L] row-major: temporal, height, width. */
  readonly positions: Int32Array
}

/**
 * Whose prompts are made. Where frame pairs carry vision tokens of their own, transformers keeps the chat template's
 * <|vision_start|> ... <|vision_end|> around them, vLLM (and qwen-vl-utils) replace it; for positions see `Convention`.
 */
export type VisionWrap = Convention
