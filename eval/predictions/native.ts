import { Effect } from 'effect'
import { z } from 'zod'
import { firstIssue, InputError, letter, type Sample } from '../../core/index.ts'
import { duplicateKey, requireText } from '../../files/index.ts'
import type { Prediction, Predictions, Reader } from '../../tasks/index.ts'
import { jsonProblem, parsePredictions } from './jsonl.ts'

/*
 * The benchmarks' submission formats, distinguished by their content:
 * QVHighlights: one object a line with `qid`, `pred_relevant_windows` [[s, e, score], ...], `pred_saliency_scores`.
 * NExT-QA: one map `"<video>_<qid>": {"prediction": i, "answer": i}`. ReXTime: lines as QVHighlights with `ans`.
 * NExT-GQA: one map `"<video>_<qid>": [start, end]`, with a NExT-QA map for the answers.
 */
/** Seconds; also negative, as the benchmarks' scripts accept them: some true windows of NExT-GQA begin at -0.2 s. */
const time = z.number()
const moment = z.object({
  qid: z.union([z.string(), z.number()]).transform(String),
  pred_relevant_windows: z
    .array(z.union([z.tuple([time, time, z.number()]), z.tuple([time, time])]))
    .optional(),
  pred_saliency_scores: z.array(z.number()).optional(),
  ans: z.string().optional(),
})
const choice = z.object({ prediction: z.number().int().nonnegative(), answer: z.number().int().optional() })
const span = z.tuple([time, time])

const momentPrediction = (row: z.infer<typeof moment>): Prediction => {
  const windows = row.pred_relevant_windows
  const scored = windows?.some((window) => window.length === 3) === true
  return {
    id: row.qid,
    windows: windows?.map(([start, end]) => [start, end] as const) ?? null,
    ...(scored ? { confidences: windows.map(([, , score]) => score ?? 0) } : {}),
    ...(row.pred_saliency_scores === undefined ? {} : { saliency: row.pred_saliency_scores }),
    ...(row.ans === undefined ? {} : { answer: row.ans }),
  }
}

/** QVHighlights' and ReXTime's lines. Fails by file and line as {@link parsePredictions} does. */
const parseMoments = Effect.fnUntraced(function* (
  file: string,
  content: string,
  samples: ReadonlyMap<string, Sample>,
) {
  const predictions = new Map<string, Prediction>()
  const lines = content.split('\n')
  for (const [i, line] of lines.entries()) {
    if (line.trim() === '') continue
    const refuse = (problem: string, remedy: string) =>
      new InputError({ subject: `${file}:${i + 1}`, problem, remedy })
    let value: unknown
    try {
      value = JSON.parse(line)
    } catch {
      return yield* refuse(...jsonProblem(line, i === lines.length - 1))
    }
    const result = moment.safeParse(value)
    if (!result.success)
      return yield* refuse(
        firstIssue(result.error),
        'expected the QVHighlights submission format, times in seconds',
      )
    const prediction = momentPrediction(result.data)
    if (!samples.has(prediction.id))
      return yield* refuse(`unknown qid ${prediction.id}`, 'score it against the split it was made for')
    if (predictions.has(prediction.id))
      return yield* refuse(`qid ${prediction.id} is in the file twice`, 'keep one of them')
    predictions.set(prediction.id, prediction)
  }
  const read: Predictions = predictions
  return read
})

/** Line of a key in a JSON map, found by its text; 1 if not found. */
const lineOf = (content: string, key: string): number => {
  const at = content.indexOf(JSON.stringify(key))
  return at < 0 ? 1 : content.slice(0, at).split('\n').length
}

/** Whether two letters mean the same option: a few questions have two options of equal text. */
const isSame = ({ options }: Sample, a: string, b: string): boolean => {
  const textOf = (one: string) => options?.[one.charCodeAt(0) - 65]
  return a === b || (textOf(a) !== undefined && textOf(a) === textOf(b))
}

/** NExT-QA's map of choices or NExT-GQA's map of windows. */
const parseMap = Effect.fnUntraced(function* (
  file: string,
  content: string,
  samples: ReadonlyMap<string, Sample>,
) {
  const refuse = (line: number, problem: string, remedy: string) =>
    new InputError({ subject: `${file}:${line}`, problem, remedy })
  let map: unknown
  try {
    map = JSON.parse(content)
  } catch {
    const last = content.split('\n').length
    return yield* refuse(last, ...jsonProblem(content, true))
  }
  const twice = duplicateKey(content)
  if (twice !== null)
    return yield* refuse(
      twice.line,
      `id ${JSON.stringify(twice.key)} was seen on line ${twice.before}`,
      'keep one of them',
    )
  const predictions = new Map<string, Prediction>()
  for (const [id, value] of Object.entries(z.record(z.string(), z.unknown()).catch({}).parse(map))) {
    const sample = samples.get(id)
    if (sample === undefined)
      return yield* refuse(lineOf(content, id), `unknown id ${JSON.stringify(id)}`, 'ids are <video>_<qid>')
    const chosen = choice.safeParse(value)
    const window = span.safeParse(value)
    if (chosen.success) {
      const { prediction, answer: truth } = chosen.data
      if (truth !== undefined && sample.answer !== undefined && !isSame(sample, letter(truth), sample.answer))
        return yield* refuse(
          lineOf(content, id),
          `the file says that option ${truth} is right, the annotation says ${sample.answer}`,
          'score it against the split it was made for',
        )
      // As in the benchmarks' scripts, the file decides which of two equal options is correct.
      const answer = prediction === truth ? sample.answer : letter(prediction)
      predictions.set(id, { id, windows: null, answer: answer ?? letter(prediction) })
    } else if (window.success) predictions.set(id, { id, windows: [window.data] })
    else
      return yield* refuse(
        lineOf(content, id),
        `${JSON.stringify(id)} has neither {"prediction": i} nor [start, end]`,
        'expected the NExT-QA or NExT-GQA submission format',
      )
  }
  if (predictions.size === 0)
    return yield* refuse(1, 'the file contains no prediction', 'write a map of <video>_<qid> to predictions')
  const read: Predictions = predictions
  return read
})

/** Predictions in Spanwise's or a benchmark's format, distinguished by the first line. */
export const parseAnyPredictions = (
  file: string,
  content: string,
  samples: ReadonlyMap<string, Sample>,
  reader: Reader = 'strict',
): Effect.Effect<Predictions, InputError> => {
  const first = content.slice(0, Math.max(0, `${content}\n`.indexOf('\n', content.search(/\S/))))
  if (/"qid"\s*:/.test(first) && !/"id"\s*:/.test(first)) return parseMoments(file, content, samples)
  if (/^\s*\{\s*(?:$|"[^"]*"\s*:\s*[[{]\s*(?:$|"prediction"|[-\d.]))/.test(first))
    return parseMap(file, content, samples)
  return parsePredictions(file, content, samples, reader)
}

/** Windows of one file and answers of another joined by id; the answer file's windows are ignored. */
export const joinAnswers = (windows: Predictions, answers: Predictions): Predictions => {
  const joined = new Map(windows)
  for (const [id, { answer }] of answers) {
    const grounded = joined.get(id) ?? { id, windows: null }
    joined.set(id, answer === undefined ? grounded : { ...grounded, answer })
  }
  return joined
}

/** {@link parseAnyPredictions} of a file. */
export const readAnyPredictions = (
  path: string,
  samples: ReadonlyMap<string, Sample>,
  reader: Reader = 'strict',
): Effect.Effect<Predictions, InputError> =>
  Effect.flatMap(requireText(path), (content) => parseAnyPredictions(path, content, samples, reader))
