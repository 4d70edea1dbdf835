import { Effect } from 'effect'
import { z } from 'zod'
import { InputError, type Sample, videoName, type Window } from '../core/index.ts'
import { cleanQuery } from './clean.ts'
import { collector } from './collect.ts'
import { defaultReadSettings, type Problem } from './dataset.ts'
import { listOf, readSource } from './files.ts'
import { jsonRows } from './jsonl.ts'
import { pair } from './schemas.ts'

/** Published answers of a model about one sample. */
export interface PublishedAnswers {
  /** Raw replies; windows without a reply are written as one. Empty where only IoUs are published. */
  readonly replies: ReadonlyArray<string>
  /** IoUs in [0, 1], if only these are published. */
  readonly ious: ReadonlyArray<number>
  /** Seconds; null where the row states none. */
  readonly duration: number | null
}

const windows = z.union(
  [pair.transform((one): ReadonlyArray<Window> => [one]), z.array(pair)],
  'expected one window or a list of windows',
)

/** A row of TimeLens, TimeLens2 or Time-R1; differing field names are resolved below. */
const row = z
  .object({
    video_path: z.string().optional(),
    video: z.string().optional(),
    query: z.string().optional(),
    sentence: z.string().optional(),
    span: windows.optional(),
    timestamp: windows.optional(),
    duration: z.number().positive().nullish(),
    rollouts: z.array(z.string()).min(1).optional(),
    answer: z.string().nullish(),
    pred: windows.nullish(),
    iou: z.number().min(0).max(1).nullish(),
    difficulty: z.number().min(0).max(100).nullish(),
  })
  .transform((one, context) => {
    const refuse = (message: string) => {
      context.addIssue({ code: 'custom', message })
      return z.NEVER
    }
    const video = one.video_path ?? one.video
    const query = one.query ?? one.sentence
    if (video === undefined) return refuse('video_path or video is missing')
    if (query === undefined) return refuse('query or sentence is missing')
    const replies = repliesOf(one)
    // Time-R1's `difficulty` is the IoU in percent: larger is easier.
    const iou = one.iou ?? (one.difficulty == null ? null : one.difficulty / 100)
    if (replies.length === 0 && iou === null)
      return refuse('rollouts, answer, pred, iou or difficulty is missing')
    return {
      key: keyOf(video, query),
      windows: one.span ?? one.timestamp ?? null,
      replies,
      ious: replies.length === 0 && iou !== null ? [iou] : [],
      duration: one.duration ?? null,
    }
  })

const repliesOf = (one: {
  readonly rollouts?: ReadonlyArray<string> | undefined
  readonly answer?: string | null | undefined
  readonly pred?: ReadonlyArray<Window> | null | undefined
}): ReadonlyArray<string> => {
  if (one.rollouts !== undefined) return one.rollouts
  if (one.answer != null) return [one.answer]
  if (one.pred == null) return []
  return [`<answer>${one.pred.map(([start, end]) => `${start} to ${end}`).join(', ') || 'none'}</answer>`]
}

/** The key by which answers are matched: video name and query, ignoring case, white space and full stops. */
const keyOf = (video: string, query: string): string =>
  JSON.stringify([videoName(video), cleanQuery(query, 'videomind').toLowerCase()])

type Published = z.output<typeof row>

/** How far the ends of two lists of windows are apart, in seconds; lists of different lengths are far apart. */
const distance = (a: Published['windows'], b: Sample['windows']): number =>
  a === null || b === null || a.length !== b.length
    ? Number.POSITIVE_INFINITY
    : a.reduce((sum, [start, end], i) => sum + Math.abs(start - b[i]![0]) + Math.abs(end - b[i]![1]), 0)

/** The answers of a file, by sample. */
export interface AnswerFile {
  /** The published answers about a sample; null if there is no row for it. */
  readonly of: (sample: Sample) => PublishedAnswers | null
  readonly rows: number
  readonly problems: ReadonlyArray<Problem>
  readonly sha256: string
}

/**
 * Published per-sample answers: JSON lines with `iou`, `pred` and `answer` (TimeLens) or `rollouts`
 * (TimeLens2), or a JSON list with `pred` and `difficulty` (Time-R1). Where several rows are about one video and query,
 * a sample gets that whose windows are nearest to its own.
 */
export const readPublishedAnswers = Effect.fnUntraced(function* (
  path: string,
): Effect.fn.Return<AnswerFile, InputError> {
  const source = yield* readSource(path)
  const into = collector('difficulty', 'all', { ...defaultReadSettings, policy: 'keep' })
  const byKey = new Map<string, Array<Published>>()
  const add = (one: Published) => {
    const same = byKey.get(one.key)
    if (same === undefined) byKey.set(one.key, [one])
    else same.push(one)
  }
  if (source.head[0] === 91)
    for (const [index, value] of (yield* listOf(source)).entries()) {
      const one = into.row(source.path, index + 1, row, value)
      if (one !== null) add(one)
    }
  else for (const { row: one } of yield* jsonRows(source, row, into)) add(one)
  const { problems, rows } = yield* into.done([source])
  if (byKey.size === 0)
    return yield* new InputError({
      subject: path,
      problem: `contains no answers (${problems[0]?.message ?? 'no rows'})`,
      remedy: 'use per-sample answers as published by TimeLens, TimeLens2 or Time-R1',
    })
  return {
    of: ({ video, file, query, windows }) => {
      const rows = byKey.get(keyOf(video, query)) ?? byKey.get(keyOf(file, query)) ?? []
      return rows.reduce<Published | null>(
        (best, one) =>
          best === null || distance(one.windows, windows) < distance(best.windows, windows) ? one : best,
        null,
      )
    },
    rows,
    problems,
    sha256: source.sha256,
  }
})
