import { Effect } from 'effect'
import type { z } from 'zod'
import {
  atPath,
  firstIssue,
  InputError,
  jsonProblem,
  plainLine,
  type Sample,
  sampleSchema,
  suggestion,
  type Window,
} from '../core/index.ts'
import { contradictions, metaProblem, plainCount } from '../tasks/index.ts'
import {
  type Dataset,
  type DatasetReading,
  defaultReadSettings,
  type Notice,
  type Policy,
  type Problem,
  type ProblemKind,
  type ReadSettings,
} from './dataset.ts'
import type { AnnotationFile } from './files.ts'

/** Gathers the samples and problems of one split while a reader walks through its rows. */
export interface Collector {
  readonly settings: ReadSettings
  /** Counts a row and checks its shape: null, and a problem, if it does not fit. */
  readonly row: <A>(file: string, line: number, schema: z.ZodType<A>, value: unknown) => A | null
  /** Counts a row that was checked as part of a larger one. */
  readonly count: () => void
  /** Counts a row that cannot be read, with the reason. */
  readonly unread: (file: string, line: number, message: string) => void
  readonly problem: (file: string, line: number, kind: ProblemKind, message: string) => void
  /** Reports something that is not a problem, once per file. */
  readonly notice: (file: string, line: number, message: string) => void
  /** Adds a sample, after its windows are checked against the duration and the policy, and its id against the others. */
  readonly sample: (file: string, line: number, draft: Draft) => void
  readonly done: (sources: ReadonlyArray<AnnotationFile>) => Effect.Effect<DatasetReading, InputError>
}

export type Draft = Omit<Sample, 'dataset' | 'split'>

/** Seconds as annotators write them, without what binary fractions add. */
const seconds = (value: number): number => Number(value.toFixed(3))

const show = ([start, end]: Window): string => `[${seconds(start)}, ${seconds(end)}]`

/** The problems of a window. */
const faultsOf = (window: Window, duration: number | null): ReadonlyArray<[ProblemKind, string]> => {
  const [start, end] = window
  const faults: Array<[ProblemKind, string]> = []
  if (start > end) faults.push(['reversed', `window ${show(window)} ends before it starts`])
  else if (start === end) faults.push(['empty-window', `window ${show(window)} has no length`])
  if (start < 0 || end < 0) faults.push(['negative', `window ${show(window)} starts before zero`])
  if (duration !== null && end > duration)
    faults.push(['beyond-clip', `window ${show(window)} ends after the clip's ${seconds(duration)} s`])
  return faults
}

/** Invalid windows after applying the policy; undefined if it skips the row. */
const underPolicy = (
  windows: ReadonlyArray<Window>,
  duration: number | null,
  policy: Policy,
): ReadonlyArray<Window> | undefined => {
  if (policy === 'keep') return windows
  if (policy !== 'clip') return undefined
  const cut = windows.map(
    ([start, end]): Window => [Math.max(0, start), duration === null ? end : Math.min(end, duration)],
  )
  return cut.some(([start, end]) => start >= end) ? undefined : cut
}

/** Gathers one split of a dataset. */
export const collector = (dataset: string, split: string, settings: ReadSettings): Collector => {
  const samples: Array<Sample> = []
  const problems: Array<Problem> = []
  const ids = new Map<string, number>()
  const notices = new Map<string, Notice>()
  let rows = 0
  const place = (file: string, line: number) => `${file}\u0000${line}`
  const faulty = new Set<string>()
  const filled = new Set<string>()
  const problem: Collector['problem'] = (file, line, kind, message) => {
    faulty.add(place(file, line))
    // Messages quote the file, whose texts may hold anything.
    problems.push({ file, line, kind, message: plainLine(message).slice(0, 500) })
  }
  return {
    settings,
    problem,
    notice: (file, line, message) => {
      const key = `${file}\u0000${message}`
      if (!notices.has(key)) notices.set(key, { file, line, message })
    },
    count: () => {
      rows++
    },
    unread: (file, line, message) => {
      rows++
      problem(file, line, 'malformed', message)
    },
    row: (file, line, schema, value) => {
      rows++
      const unsound = jsonProblem(value)
      const result = unsound === null ? schema.safeParse(value) : null
      if (result?.success === true) return result.data
      const message = unsound === null ? firstIssue(result!.error!) : atPath(unsound.path, unsound.problem)
      problem(file, line, 'malformed', message)
      return null
    },
    sample: (file, line, draft) => {
      const shaped = sampleSchema.safeParse({ ...draft, dataset, split })
      if (!shaped.success) {
        problem(file, line, 'malformed', firstIssue(shaped.error))
        return
      }
      const sample: Sample = plainCount(shaped.data)
      const before = ids.get(sample.id)
      if (before !== undefined) {
        problem(file, line, 'duplicate-id', `id ${sample.id} was seen on line ${before}`)
        return
      }
      ids.set(sample.id, line)
      const against = contradictions(sample)
      for (const { kind, message } of against) problem(file, line, kind, message)
      if (against.some(({ fatal }) => fatal)) return
      if (against.length > 0 && settings.policy !== 'keep') return
      // A reader that knows the files says of their rows what only it can say.
      const wrong = faulty.has(place(file, line)) ? null : metaProblem(sample)
      if (wrong !== null) problem(file, line, 'mismatch', wrong)
      const { windows, duration } = sample
      const faults = (windows ?? []).flatMap((window) => faultsOf(window, duration))
      for (const [kind, message] of faults) problem(file, line, kind, message)
      const kept = faults.length === 0 ? windows : underPolicy(windows ?? [], duration, settings.policy)
      if (kept === undefined) return
      samples.push(kept === windows ? sample : { ...sample, windows: kept })
      if (faulty.has(place(file, line))) filled.add(place(file, line))
    },
    done: (sources) => {
      // Some readers check all rows before they make samples: problems are reported in the order of the file.
      const order = new Map(sources.map(({ path }, index) => [path, index]))
      problems.sort((a, b) => (order.get(a.file) ?? 0) - (order.get(b.file) ?? 0) || a.line - b.line)
      const first = problems[0]
      if (settings.policy === 'fail' && first !== undefined)
        return Effect.fail(
          new InputError({
            subject: `${first.file}:${first.line}`,
            problem: first.message,
            remedy: 'fix the row, or use --policy keep, clip or skip',
          }),
        )
      return Effect.succeed({
        samples,
        problems,
        lost: problems.filter((one) => !filled.has(place(one.file, one.line))),
        notices: [...notices.values()],
        rows,
        files: sources.map(({ path, sha256 }) => ({ path, sha256 })),
      })
    },
  }
}

/** The definition in a dataset's file; `define` adds what all share. */
export interface Definition extends Omit<Dataset, 'read' | 'named'> {
  /** Fills the collector and returns the files it was filled from. `split` is one of `splits`. */
  readonly fill: (
    folder: string,
    split: string,
    into: Collector,
  ) => Effect.Effect<ReadonlyArray<AnnotationFile>, InputError>
}

const sameSplit: { readonly [split: string]: string } = { val: 'valid', validation: 'valid', valid: 'val' }

/** The split of a dataset that a name means: `val` and `valid` are the same. */
export const findSplit = (
  { name, splits }: { readonly name: string; readonly splits: ReadonlyArray<string> },
  wanted: string,
): Effect.Effect<string, InputError> => {
  const split = splits.find((one) => one === wanted || one === sameSplit[wanted])
  return split === undefined
    ? Effect.fail(
        new InputError({
          subject: `--split ${wanted}`,
          problem: `${name} has ${splits.join(', ')}`,
          remedy: suggestion(wanted, splits),
        }),
      )
    : Effect.succeed(split)
}

/** A dataset from its definition: checks the split's name and creates a collector for each reading. */
export const define = ({ fill, ...dataset }: Definition): Dataset => ({
  ...dataset,
  named: (name, suite) =>
    define({
      ...dataset,
      fill,
      name,
      licence: null,
      homepage: 'your own data',
      sizes: {},
      ...(suite === undefined ? {} : { suite }),
    }),
  read: Effect.fnUntraced(function* (folder, wanted, settings = {}) {
    const split = yield* findSplit(dataset, wanted)
    const into = collector(dataset.name, split, { ...defaultReadSettings, ...settings })
    const sources = yield* fill(folder, split, into)
    return yield* into.done(sources)
  }),
})
