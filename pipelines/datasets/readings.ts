import { statSync } from 'node:fs'
import { Effect } from 'effect'
import { InputError } from '../../core/index.ts'
import {
  type Dataset,
  type DatasetReading,
  isAbsent,
  lookup,
  type Problem,
  type ProblemKind,
  type ReadSettings,
} from '../../datasets/index.ts'

/** The part of a dataset to read. */
export interface DatasetOptions {
  readonly dataset: string
  /** Folder of the annotation files, or one file. */
  readonly annotations: string
  /** One split; without it, every split whose files are there. */
  readonly split?: string
  readonly settings?: Partial<ReadSettings>
}

export interface SplitReading {
  readonly split: string
  readonly reading: DatasetReading
}

const unreadable = ['malformed', 'duplicate-id', 'unknown-field'] as const

/** The first row that could not be read at all, under any policy; or else with a problem of these kinds. */
export const faultIn = (
  problems: ReadonlyArray<Problem>,
  kinds: ReadonlyArray<ProblemKind> = unreadable,
): InputError | null => {
  const fault = problems.find(({ kind }) => kinds.includes(kind))
  if (fault === undefined) return null
  return new InputError({
    subject: `${fault.file}:${fault.line}`,
    problem: fault.message,
    remedy: 'fix the row or fetch the file again',
  })
}

const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() === true

/** The splits worth trying where none is named; `all` is every file of the user's own data taken together. */
const candidatesOf = (dataset: Dataset, annotations: string): ReadonlyArray<string> => {
  const own = dataset.splits.includes('all')
  if (own && isFile(annotations)) return ['all']
  return own ? dataset.splits.filter((split) => split !== 'all') : dataset.splits
}

/** Reads the named split, or every split that is there; an InputError where none is. */
export const readSplits = Effect.fn('Pipelines.readSplits')(function* (options: DatasetOptions) {
  const dataset = yield* lookup(options.dataset)
  const read = (split: string) =>
    dataset.read(options.annotations, split, options.settings).pipe(
      Effect.map(
        (reading): SplitReading => ({
          // `val` and `valid` name the same split: the dataset's own name is reported.
          split: reading.samples[0]?.split ?? split,
          reading,
        }),
      ),
    )
  if (options.split !== undefined) return { dataset, readings: [yield* read(options.split)] }
  const readings: Array<SplitReading> = []
  let first: InputError | null = null
  for (const split of candidatesOf(dataset, options.annotations)) {
    const result = yield* Effect.result(read(split))
    if (result._tag === 'Success') readings.push(result.success)
    else if (isAbsent(result.failure)) first ??= result.failure
    else return yield* result.failure
  }
  if (readings.length === 0 && first !== null) return yield* first
  return { dataset, readings }
}) satisfies (
  options: DatasetOptions,
) => Effect.Effect<{ dataset: Dataset; readings: ReadonlyArray<SplitReading> }, InputError>
