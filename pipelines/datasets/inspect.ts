import { basename } from 'node:path'
import { Effect } from 'effect'
import { isAboutImage, mean, quantiles, type Sample } from '../../core/index.ts'
import type { Dataset, Notice, Problem } from '../../datasets/index.ts'
import { type Floor, floorOf } from './floor.ts'
import { type DatasetOptions, readSplits, type SplitReading } from './readings.ts'

/** Order statistics of some seconds; all null for an empty list. */
export interface Spread {
  readonly min: number | null
  readonly mean: number | null
  readonly median: number | null
  readonly max: number | null
}

/** What one split holds. */
export interface SplitSummary {
  readonly split: string
  readonly files: ReadonlyArray<{ readonly file: string; readonly sha256: string }>
  /** Rows read, samples or not. */
  readonly rows: number
  readonly samples: number
  readonly videos: number
  readonly images: number
  /** The published or counted size, where one is known. */
  readonly published: { readonly samples: number; readonly videos?: number } | null
  readonly tasks: { readonly [task: string]: number }
  /** Total number of annotated windows. */
  readonly windows: number
  /** `counts`: how many samples have so many windows; `unannotated`: samples without annotation of windows. */
  readonly windowsPerSample: {
    readonly mean: number | null
    readonly max: number
    readonly unannotated: number
    readonly counts: { readonly [windows: string]: number }
  }
  /** Seconds. */
  readonly windowLengths: Spread
  /** Seconds of each video that has an annotated duration. */
  readonly durations: Spread & { readonly unknown: number }
  /** Problems by kind, and the first of each kind by line. */
  readonly problems: { readonly [kind: string]: number }
  readonly problemLines: ReadonlyArray<Problem>
  /** Notices about valid rows, such as fields that are kept in `meta`. */
  readonly notices: ReadonlyArray<Notice>
  /** The constant window fitted on this split, in shares of the duration, and what it scores here. */
  readonly prior: Floor
}

const spread = (values: ReadonlyArray<number>): Spread => {
  if (values.length === 0) return { min: null, mean: null, median: null, max: null }
  const [min, median, max] = quantiles(values, [0, 0.5, 1])
  return { min: min!, mean: mean(values), median: median!, max: max! }
}

/** How many there are of each, the keys in the order in which they come. */
export const countBy = (keys: Iterable<string>): { readonly [key: string]: number } => {
  const counts: Record<string, number> = {}
  for (const key of keys) counts[key] = (counts[key] ?? 0) + 1
  return counts
}

/** The first `most` problems of each kind. */
const firstOfEach = (problems: ReadonlyArray<Problem>, most: number): ReadonlyArray<Problem> => {
  const shown: Record<string, number> = {}
  return problems.filter(({ kind }) => {
    shown[kind] = (shown[kind] ?? 0) + 1
    return shown[kind] <= most
  })
}

const durationsOf = (samples: ReadonlyArray<Sample>) => {
  const known = new Map<string, number | null>()
  for (const { video, duration } of samples) if (known.get(video) == null) known.set(video, duration)
  const values = [...known.values()].filter((value) => value !== null)
  return { ...spread(values), unknown: known.size - values.length }
}

/** Sums up one split. `lines`: how many problems of each kind are listed with their line. */
export const summarise = (
  dataset: Dataset,
  { split, reading }: SplitReading,
  lines: number,
): SplitSummary => {
  const { samples, problems, notices, rows, files } = reading
  const filmed = samples.filter((sample) => !isAboutImage(sample))
  const windowed = samples.flatMap(({ windows }) => (windows === null ? [] : [windows]))
  const windows = windowed.flat()
  return {
    split,
    files: files.map(({ path, sha256 }) => ({ file: basename(path), sha256 })),
    rows,
    samples: samples.length,
    videos: new Set(filmed.map(({ video }) => video)).size,
    images: new Set(samples.filter(isAboutImage).map(({ file }) => file)).size,
    published: dataset.sizes[split] ?? null,
    tasks: countBy(samples.map(({ task }) => task)),
    windows: windows.length,
    windowsPerSample: {
      mean: windowed.length === 0 ? null : windows.length / windowed.length,
      max: windowed.reduce((most, { length }) => Math.max(most, length), 0),
      unannotated: samples.length - windowed.length,
      counts: countBy(windowed.map(({ length }) => String(length))),
    },
    windowLengths: spread(windows.map(([start, end]) => end - start)),
    durations: durationsOf(filmed),
    problems: countBy(problems.map(({ kind }) => kind)),
    problemLines: firstOfEach(problems, lines),
    notices,
    prior: floorOf(samples),
  }
}

/** `spanwise datasets inspect`: what the annotation files of a dataset hold, and what is wrong with them. */
export const runInspect = Effect.fn('Pipelines.runInspect')(function* (
  options: DatasetOptions & { readonly lines: number },
) {
  const { dataset, readings } = yield* readSplits(options)
  return {
    dataset,
    splits: readings.map((reading) => summarise(dataset, reading, options.lines)),
    problems: readings.flatMap(({ reading }) => reading.problems),
  }
})
