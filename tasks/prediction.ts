import type { Window } from '../core/index.ts'

/** What a model, a baseline or a file says about one sample. */
export interface Prediction {
  readonly id: string
  /** Predicted windows, the best first; `[]` says that the query never holds, null that nothing could be read. */
  readonly windows: ReadonlyArray<Window> | null
  /** Confidence of each window, where the model gives one. */
  readonly confidences?: ReadonlyArray<number>
  /** The option's letter or the count in digits; null or absent where nothing could be read. */
  readonly answer?: string | null
  /** The raw output. */
  readonly text?: string
  /** QVHighlights: one score for each 2-second clip. */
  readonly saliency?: ReadonlyArray<number>
}

export type Predictions = ReadonlyMap<string, Prediction>
