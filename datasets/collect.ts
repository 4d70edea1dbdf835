import { Effect } from 'effect'
import type { z } from 'zod'
import { InputError, nearest, type Sample, type Window } from '../core/index.ts'
import {
  type Dataset,
  defaultReadSettings,
  type Problem,
  type ProblemKind,
  type Reading,
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
  readonly problem: (file: string, line: number, kind: ProblemKind, message: string) => void
  /** Adds a sample, after its windows are checked against the duration and the policy, and its id against the others. */
  readonly sample: (file: string, line: number, draft: Draft) => void
  readonly done: (sources: ReadonlyArray<AnnotationFile>) => Effect.Effect<Reading, InputError>
}

export type Draft = Omit<Sample, 'dataset' | 'split'>

/** The path and message of a row's first fault, e.g. `timestamps[2][0]: expected number, received string`. */
const faultOf = (error: z.ZodError): string => {
  const issue = error.issues[0]
  if (issue === undefined) return 'does not fit'
  const path = issue.path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('')
  return `${path === '' ? '' : `${path.replace(/^\./, '')}: `}${issue.message}`
}

const show = ([start, end]: Window): string => `[${start}, ${end}]`

/** The faults of a window, as problems. */
const faultsOf = (window: Window, duration: number | null): ReadonlyArray<[ProblemKind, string]> => {
  const [start, end] = window
  const faults: Array<[ProblemKind, string]> = []
  if (start > end) faults.push(['reversed', `window ${show(window)} ends before it starts`])
  else if (start === end) faults.push(['empty-window', `window ${show(window)} has no length`])
  if (start < 0 || end < 0) faults.push(['negative', `window ${show(window)} starts before zero`])
  if (duration !== null && end > duration)
    faults.push(['beyond-clip', `window ${show(window)} ends after the clip's ${duration} s`])
  return faults
}

export const collector = (dataset: string, split: string, settings: ReadSettings): Collector => {
  const samples: Array<Sample> = []
  const problems: Array<Problem> = []
  const ids = new Map<string, number>()
  let rows = 0
  const problem: Collector['problem'] = (file, line, kind, message) => {
    problems.push({ file, line, kind, message })
  }
  return {
    settings,
    problem,
    count: () => {
      rows++
    },
    row: (file, line, schema, value) => {
      rows++
      const result = schema.safeParse(value)
      if (result.success) return result.data
      problem(file, line, 'malformed', faultOf(result.error))
      return null
    },
    sample: (file, line, draft) => {
      const before = ids.get(draft.id)
      if (before !== undefined) {
        problem(file, line, 'duplicate-id', `id ${draft.id} was seen on line ${before}`)
        return
      }
      ids.set(draft.id, line)
      const { windows, duration } = draft
      if (duration !== null && !(Number.isFinite(duration) && duration > 0)) {
        problem(file, line, 'malformed', `duration ${duration} is no positive number of seconds`)
        return
      }
      let kept = windows
      if (windows !== null) {
        const faulty = windows.flatMap((window) => faultsOf(window, duration))
        for (const [kind, message] of faulty) problem(file, line, kind, message)
        if (faulty.length > 0) {
          if (settings.policy === 'skip' || settings.policy === 'fail') return
          if (settings.policy === 'clip') {
            kept = windows.map(
              ([start, end]): Window => [
                Math.max(0, start),
                duration === null ? end : Math.min(end, duration),
              ],
            )
            if (kept.some(([start, end]) => start >= end)) return
          }
        }
      }
      samples.push({ ...draft, windows: kept, dataset, split })
    },
    done: (sources) => {
      // Some readers check all rows before they make samples: the problems are told in the order of the file.
      const order = new Map(sources.map(({ path }, index) => [path, index]))
      problems.sort((a, b) => (order.get(a.file) ?? 0) - (order.get(b.file) ?? 0) || a.line - b.line)
      const first = problems[0]
      if (settings.policy === 'fail' && first !== undefined)
        return Effect.fail(
          new InputError({
            subject: `${first.file}:${first.line}`,
            problem: first.message,
            remedy: 'mend the row, or choose the policy keep, clip or skip',
          }),
        )
      return Effect.succeed({
        samples,
        problems,
        rows,
        files: sources.map(({ path, sha256 }) => ({ path, sha256 })),
      })
    },
  }
}

/** What a dataset's file has to say; `define` adds what all share. */
export interface Definition extends Omit<Dataset, 'read'> {
  /** Fills the collector and returns the files it was filled from. `split` is one of `splits`. */
  readonly fill: (
    folder: string,
    split: string,
    into: Collector,
  ) => Effect.Effect<ReadonlyArray<AnnotationFile>, InputError>
}

const sameSplit: { readonly [split: string]: string } = { val: 'valid', validation: 'valid', valid: 'val' }

/** A dataset from its definition: checks the split's name, and gives each reading its own collector. */
export const define = ({ fill, ...dataset }: Definition): Dataset => ({
  ...dataset,
  read: (folder, wanted, settings = {}) =>
    Effect.gen(function* () {
      const split = dataset.splits.find((one) => one === wanted || one === sameSplit[wanted])
      if (split === undefined)
        return yield* new InputError({
          subject: `--split ${wanted}`,
          problem: `${dataset.name} has ${dataset.splits.join(', ')}`,
          remedy: `did you mean ${nearest(wanted, dataset.splits)}?`,
        })
      const into = collector(dataset.name, split, { ...defaultReadSettings, ...settings })
      const sources = yield* fill(folder, split, into)
      return yield* into.done(sources)
    }),
})
