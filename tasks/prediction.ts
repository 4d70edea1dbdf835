import type { Sample, Window } from '../core/index.ts'
import { readReply, specOf } from './catalogue.ts'
import type { Reader } from './readers.ts'
import { type Reading, type RecordedReply, replyOf, windowsOf } from './reply.ts'

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

/** A reading as a prediction. */
export const predictionFrom = (
  sample: Pick<Sample, 'id' | 'task'>,
  reading: Reading,
  text: string,
): Prediction => {
  const { grounded, answers } = specOf(sample)
  const windows = grounded ? windowsOf(reading) : null
  return {
    id: sample.id,
    windows,
    ...(answers !== null ? { answer: reading.kind === 'answer' ? reading.answer : null } : {}),
    text,
  }
}

/**
 * What a raw output predicts for a sample. Never throws; what cannot be read is null. Windows that start after their
 * end stay as they are under the readers that keep them, and score 0.
 */
export const predictionOf = (
  sample: Pick<Sample, 'id' | 'task' | 'options'>,
  reply: RecordedReply,
  reader: Reader = 'strict',
): Prediction => predictionFrom(sample, readReply(sample, reply, reader), replyOf(reply).text)
