import { Effect } from 'effect'
import { mean, type Window, Windows } from '../../core/index.ts'
import { compare, defaultBootstrap, type Values } from '../../eval/index.ts'
import { literal } from '../../store/index.ts'
import type { Comparison } from '../api/index.ts'
import { type PredictedRow, predictionsOf } from '../sample/predictions.ts'
import type { Question } from '../server/question.ts'
import { absent, refusal } from '../server/refusal.ts'
import { runOf, type Studio } from '../studio.ts'
import { selectFrom } from '../table/ask.ts'
import { choose, type EvaluatedSample, samplesOf, valuesOf } from './values.ts'

/** Resamples of the paired bootstrap. */
const resamples = 500

/** The IoU of each sample, 0 to 1: of the suite's windows as sets where it has that, else of the first. */
const iousOf = ({ columns }: Values): ReadonlyArray<number> | null => {
  const column = ['msIoU', 'mIoU'].flatMap((name) => columns.find(({ metric }) => metric === name) ?? [])[0]
  return column === undefined ? null : Array.from(column.values)
}

interface Row {
  readonly sample: EvaluatedSample | undefined
  readonly a: number
  readonly b: number
}

const lengthOf = ({ sample }: Row): number | null =>
  sample?.windows == null ? null : Windows.coverage(sample.windows)

/** Where the middle of the annotated time is, as a share of the video. */
const positionOf = ({ sample }: Row): number | null => {
  const windows = sample?.windows ?? []
  if (windows.length === 0 || !sample?.duration) return null
  return (
    (Math.min(...windows.map(([start]) => start)) + Math.max(...windows.map(([, end]) => end))) /
    2 /
    sample.duration
  )
}

/** Mean IoUs of the rows in each bin; a bin without rows is left out. */
const binned = (
  rows: ReadonlyArray<Row>,
  bounds: ReadonlyArray<number>,
  of: (row: Row) => number | null,
  label: (from: number, to: number) => string,
): Comparison['byLength'] =>
  bounds.slice(1).flatMap((to, index) => {
    const from = bounds[index]!
    const within = rows.filter((row) => {
      const value = of(row)
      return value !== null && value >= from && value < to
    })
    if (within.length === 0) return []
    return [
      {
        ...{ label: label(from, to), samples: within.length },
        a: mean(within.map(({ a }) => a)),
        b: mean(within.map(({ b }) => b)),
      },
    ]
  })

/** Which samples have verdicts in a listed curation: run and key by key. */
const curated = Effect.fnUntraced(function* (studio: Studio, keys: ReadonlyArray<string>) {
  const found = new Map<string, string>()
  if (keys.length === 0) return found
  for (const run of studio.runs().values()) {
    if (run.kind !== 'curation') continue
    // A run that cannot be read says so where it is opened; here it only lends no links.
    const rows = yield* studio.snapshots.of(run).pipe(
      Effect.flatMap((snapshot) =>
        selectFrom(snapshot, `SELECT "key" FROM samples WHERE "key" IN (${keys.map(literal).join(', ')})`),
      ),
      Effect.match({ onFailure: () => [], onSuccess: (read) => read.rows }),
    )
    for (const [key] of rows) found.set(String(key), run.id)
  }
  return found
})

/** Rows that one answer holds, and for which the curations are searched. */
const listed = 5000

const windowsOf = (rows: ReadonlyMap<string, PredictedRow>, id: string): ReadonlyArray<Window> | null =>
  rows.get(id)?.windows?.map(([start, end]) => [start, end] as const) ?? null

/** `GET /api/compare`. */
export const comparison = Effect.fn('Studio.compare')(function* (studio: Studio, { query }: Question) {
  const [a, b] = [yield* runOf(studio, query.get('a') ?? ''), yield* runOf(studio, query.get('b') ?? '')]
  if (a.kind !== 'evaluation' || b.kind !== 'evaluation') return yield* absent('evaluation of that name')
  const [first, second] = [yield* valuesOf(a), yield* valuesOf(b)]
  const theirs = new Set(second.ids)
  const ids = first.ids.filter((id) => theirs.has(id))
  if (ids.length === 0)
    return yield* refusal(422, 'the two evaluations have no sample in common', 'choose two of the same suite')
  const [one, other] = [choose(first, ids), choose(second, ids)]
  const [iouA, iouB] = [iousOf(one), iousOf(other)]
  const known = new Map([...(yield* samplesOf(studio, a)), ...(yield* samplesOf(studio, b))])
  const [saidA, saidB] = [(yield* predictionsOf(a)).rows, (yield* predictionsOf(b)).rows]
  const rows = ids.map((id, index) => ({
    id,
    sample: known.get(id),
    video: one.videos[index]!,
    a: iouA?.[index] ?? 0,
    b: iouB?.[index] ?? 0,
  }))
  const ordered = rows.toSorted((x, y) => x.b - x.a - (y.b - y.a)).slice(0, listed)
  const at = yield* curated(
    studio,
    ordered.flatMap(({ sample }) => sample?.key ?? []),
  )
  const comparisons = compare(one.columns, other.columns, one.videos, { ...defaultBootstrap, resamples })
  return {
    ...{ a: a.id, b: b.id, samples: ids.length },
    leftOut: first.ids.length + second.ids.length - 2 * ids.length,
    metrics: comparisons.flatMap(({ metric, interval, ...rest }) =>
      Number.isFinite(rest.difference)
        ? [
            {
              ...{ name: metric, a: rest.a, b: rest.b, change: rest.difference },
              interval: interval.every(Number.isFinite) ? interval : null,
            },
          ]
        : [],
    ),
    rows: ordered.map(({ id, sample, video, ...iou }) => ({
      sample: id,
      at: sample === undefined ? null : { run: at.get(sample.key) ?? b.id, key: sample.key },
      ...{ video, query: sample?.query ?? '', windows: sample?.windows ?? null },
      a: { windows: windowsOf(saidA, id), iou: iou.a },
      b: { windows: windowsOf(saidB, id), iou: iou.b },
      change: iou.b - iou.a,
    })),
    byLength: binned(rows, [0, 2, 5, 10, 20, 60, Number.POSITIVE_INFINITY], lengthOf, (from, to) =>
      to === Number.POSITIVE_INFINITY ? `${from} s or more` : `${from} to ${to} s`,
    ),
    byPosition: binned(
      rows,
      [0, 0.2, 0.4, 0.6, 0.8, 1.01],
      positionOf,
      (from) => `${Math.round(100 * from)} to ${Math.round(100 * from) + 20} %`,
    ),
  } satisfies Comparison
})
