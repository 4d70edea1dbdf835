import { Context, Effect } from 'effect'
import { InputError, type Sample } from '../core/index.ts'
import {
  type Cleaning,
  type Dataset,
  type DatasetReading,
  defaultReadSettings,
  lookup,
  type Policy,
  type Problem,
} from '../datasets/index.ts'
import { faultIn } from './datasets/readings.ts'

/** One split of a dataset and where its files are. */
export interface DatasetSource {
  readonly dataset: string
  readonly split: string
  /** Folder of the annotation files. */
  readonly annotations: string
  /** Which published form, where the folder has several. */
  readonly form?: string
  /** How rows with invalid windows are handled; default `defaultReadSettings.policy`. */
  readonly policy?: Policy
  readonly cleaning?: Cleaning
  /** Refuse the first row that cannot be read instead of warning: scores of an incomplete benchmark are not comparable. */
  readonly strict?: boolean
}

export interface Loaded {
  readonly dataset: Dataset
  readonly samples: ReadonlyArray<Sample>
  readonly problems: DatasetReading['problems']
  readonly files: DatasetReading['files']
  /** Names and hashes of the files read, for the record. */
  readonly provenance: { readonly [name: string]: string }
}

/** Number of invalid rows that are listed individually; the rest are counted. */
const named = 10

/** The problems of rows that were reported: a command that reads a split again does not repeat them. Null repeats them. */
export class Reported extends Context.Reference<Set<string> | null>('spanwise/pipelines/Reported', {
  defaultValue: () => null,
}) {}

const warnOnce = Effect.fnUntraced(function* (text: string) {
  const reported = yield* Reported
  if (reported?.has(text) === true) return
  reported?.add(text)
  yield* Effect.logWarning(text)
})

/** What was done about a row with a problem; empty where that depends on more than the policy, which is about windows. */
const doneAbout = ({ kind, message }: Problem, policy: Policy): string => {
  if (kind === 'malformed' || kind === 'unknown-field') return ' (the row is left out)'
  if (!message.startsWith('window ')) return ''
  switch (policy) {
    case 'keep':
      return ' (kept as it is)'
    case 'clip':
      return ' (cut to the clip, left out where nothing remains)'
    case 'skip':
    case 'fail':
      return ' (the row is left out)'
  }
}

/** Reads a split; each bad row is a warning that names its file and line. */
export const loadSource = Effect.fn('Pipelines.loadSource')(function* (source: DatasetSource) {
  const dataset = yield* lookup(source.dataset)
  const policy = source.policy ?? defaultReadSettings.policy
  const reading = yield* dataset.read(source.annotations, source.split, {
    policy,
    ...(source.cleaning === undefined ? {} : { cleaning: source.cleaning }),
    ...(source.form === undefined ? {} : { form: source.form }),
  })
  const first = reading.problems[0]
  if (reading.samples.length === 0 && first !== undefined)
    return yield* new InputError({
      subject: `${first.file}:${first.line}`,
      problem: `${first.message}; none of ${reading.rows} rows could be read`,
      remedy:
        dataset.homepage === 'your own data'
          ? 'fix the rows; docs/data-format.md has the fields'
          : `use the files of ${source.dataset} as published`,
    })
  // Two rows of the same name are ambiguous. A row that contradicts itself and gives no sample is missing like one that
  // cannot be read.
  const fault = source.strict
    ? (faultIn(reading.problems) ?? faultIn(reading.lost, ['mismatch']))
    : faultIn(reading.problems, ['duplicate-id'])
  if (fault !== null) return yield* fault
  for (const problem of reading.problems.slice(0, named)) {
    const { file, line, kind, message } = problem
    yield* warnOnce(`${file}:${line}: ${kind}: ${message}${doneAbout(problem, policy)}`)
  }
  if (reading.problems.length > named)
    yield* warnOnce(
      `${source.dataset}: ${reading.problems.length - named} more rows with problems; list them with "spanwise datasets inspect ${source.dataset}"`,
    )
  for (const { file, line, message } of reading.notices) yield* warnOnce(`${file}:${line}: ${message}`)
  return {
    dataset,
    samples: reading.samples,
    problems: reading.problems,
    files: reading.files,
    provenance: {
      dataset: source.dataset,
      split: source.split,
      policy,
      ...(source.cleaning === undefined ? {} : { cleaning: source.cleaning }),
      files: JSON.stringify(reading.files.map(({ path, sha256 }) => [path.split('/').at(-1), sha256])),
    },
  }
}) satisfies (source: DatasetSource) => Effect.Effect<Loaded, InputError>
