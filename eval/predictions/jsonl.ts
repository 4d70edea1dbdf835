import { Effect } from 'effect'
import { z } from 'zod'
import { firstIssue, InputError, type Sample, sampleSchema, windowSchema } from '../../core/index.ts'
import { type Prediction, type Predictions, predictionOf, type Reader } from '../../tasks/index.ts'

/** Predictions use the fields of samples; a window may have a confidence as third number. */
const row = z.object({
  id: sampleSchema.shape.id,
  windows: z
    .array(z.union([windowSchema, z.tuple([z.number(), z.number(), z.number()])], 'expected [start, end]'))
    .nullable()
    .optional(),
  answer: z
    .union([z.string(), z.int().nonnegative().transform(String)], 'expected a letter or a count')
    .nullable()
    .optional(),
  text: z.string().optional(),
  saliency: z.array(z.number()).optional(),
})

type Row = z.infer<typeof row>

/** Fields of which a prediction has at least one; null says that there is no prediction. */
const said = ['windows', 'answer', 'text', 'saliency'] as const

const expectedRow =
  'expected {"id", "windows": [[start, end], ...] or null, "answer"?, "text"?, "saliency"?}, times in seconds'

const toPrediction = (value: Row, sample: Sample | undefined, reader: Reader): Prediction => {
  if (
    value.windows === undefined &&
    value.answer === undefined &&
    value.text !== undefined &&
    sample !== undefined
  )
    return {
      ...predictionOf(sample, value.text, reader),
      ...(value.saliency === undefined ? {} : { saliency: value.saliency }),
    }
  const windows = value.windows ?? null
  const confidences = windows?.map(([, , confidence]) => confidence ?? 0)
  return {
    id: value.id,
    windows: windows?.map(([start, end]) => [start, end] as const) ?? null,
    ...(confidences === undefined || !windows?.some((window) => window.length === 3) ? {} : { confidences }),
    ...(value.answer === undefined ? {} : { answer: value.answer }),
    ...(value.text === undefined ? {} : { text: value.text }),
    ...(value.saliency === undefined ? {} : { saliency: value.saliency }),
  }
}

/** Problem and remedy of a line that is not JSON. */
export const jsonProblem = (line: string, last: boolean): readonly [problem: string, remedy: string] => {
  if (/[:[,\s-](?:NaN|Infinity)\b/.test(line))
    return ['it contains NaN or Infinity, which JSON does not allow', 'write null if there is no prediction']
  if (last && /^\s*[{[]/.test(line))
    return ['the line ends in the middle of its JSON', 'the file is truncated: write it again']
  return ['it is not JSON', 'write one JSON object per line']
}

/** Whether a value is a valid prediction, checked by hand: the fast path for millions of well-formed rows. */
const isPrediction = (value: unknown): value is Prediction => {
  if (typeof value !== 'object' || value === null) return false
  const { id, windows, answer, text, saliency } = value as { readonly [key: string]: unknown }
  if (typeof id !== 'string' || id === '' || saliency !== undefined) return false
  if (answer !== undefined && answer !== null && typeof answer !== 'string') return false
  if (text !== undefined && typeof text !== 'string') return false
  if (windows === null) return true
  if (!Array.isArray(windows)) return false
  for (const window of windows) {
    if (!Array.isArray(window) || window.length !== 2) return false
    const [start, end] = window
    if (!(Number.isFinite(start) && Number.isFinite(end))) return false
  }
  return true
}

const isNegative = ({ windows }: Prediction): boolean => {
  for (const [start, end] of windows ?? []) if (start < 0 || end < 0) return true
  return false
}

/** NExT-GQA annotates some moments that begin before the video, and its script scores such predictions. */
const mayBeNegative = ({ task }: Sample): boolean => task === 'grounded-qa'

/** One line as a prediction, or what is wrong with it. */
const parseLine = (
  text: string,
  last: boolean,
  samples: ReadonlyMap<string, Sample>,
  reader: Reader,
): Prediction | readonly [problem: string, remedy: string] => {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return jsonProblem(text, last)
  }
  let prediction: Prediction
  if (isPrediction(value)) prediction = value
  else {
    const result = row.safeParse(value)
    if (!result.success)
      return [
        `${result.error.issues[0]?.path.length === 0 ? 'the row: ' : 'field '}${firstIssue(result.error)}`,
        expectedRow,
      ]
    // Without this, a field of another name makes every sample unanswered, and the score 0.
    if (said.every((field) => result.data[field] === undefined))
      return [`the row contains none of ${said.join(', ')}`, expectedRow]
    prediction = toPrediction(result.data, samples.get(result.data.id), reader)
  }
  const sample = samples.get(prediction.id)
  if (sample === undefined)
    return [`unknown id ${JSON.stringify(prediction.id)}`, 'use the ids that `datasets export` writes']
  if (isNegative(prediction) && !mayBeNegative(sample))
    return ['field windows: a time is negative', 'write seconds from the start of the video']
  return prediction
}

/**
 * Reads predictions, one object a line: `{"id", "windows": [[s, e], ...] | null, "answer"?, "text"?, "saliency"?}`.
 * Windows may carry a confidence as third number. A row with `text` only is read by `reader`. Blank lines are
 * skipped. Fails, naming file and line, on anything else: broken JSON, NaN, negative times (except in grounded QA, where
 * the official scripts accept them), an unknown or repeated id, an empty file.
 */
export const parsePredictions = (
  file: string,
  content: string,
  samples: ReadonlyMap<string, Sample>,
  reader: Reader = 'strict',
): Effect.Effect<Predictions, InputError> =>
  Effect.suspend(() => {
    const predictions = new Map<string, Prediction>()
    let line = 0
    const refuse = (problem: string, remedy: string) =>
      Effect.fail(new InputError({ subject: `${file}:${line}`, problem, remedy }))
    for (let from = 0; from < content.length; ) {
      const newline = content.indexOf('\n', from)
      const text = content.slice(from, newline < 0 ? content.length : newline)
      from = newline < 0 ? content.length : newline + 1
      line++
      if (text.trim() === '') continue
      const read = parseLine(text, newline < 0, samples, reader)
      if (!('id' in read)) return refuse(...read)
      if (predictions.has(read.id))
        return refuse(`id ${JSON.stringify(read.id)} is in the file twice`, 'keep one of them')
      predictions.set(read.id, read)
    }
    if (predictions.size > 0) return Effect.succeed<Predictions>(predictions)
    line = 1
    return refuse('the file contains no prediction', 'write one JSON object per line')
  })
