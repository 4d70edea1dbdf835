import type { Effect } from 'effect'
import type { InputError, Sample } from '../core/index.ts'

/** What is wrong with one row of an annotation file. */
export const problemKinds = [
  /** The row lacks a field, or one has the wrong type. */
  'malformed',
  /** A window ends after the annotated duration. */
  'beyond-clip',
  /** A window ends before it starts, or a cycle does or has no length. */
  'reversed',
  /** A window has no length. */
  'empty-window',
  /** A window starts before zero. */
  'negative',
  /** Two rows of one split carry the same identifier. */
  'duplicate-id',
  /** No duration, video or count is known for the row. */
  'missing',
  /** Two fields, or two files, of the dataset disagree about the row, or `meta` holds what its task cannot use. */
  'mismatch',
  /** Two options of a question are equal. */
  'duplicate-option',
  /** The row is valid, but of a kind that no task here covers. */
  'unsupported',
  /** A field is unknown and was most likely meant for one that the row lacks. */
  'unknown-field',
] as const
export type ProblemKind = (typeof problemKinds)[number]

export interface Problem {
  readonly file: string
  /** 1-based line of a text file, or running number of the row in a JSON file. */
  readonly line: number
  readonly kind: ProblemKind
  readonly message: string
}

export type Notice = Omit<Problem, 'kind'>

/**
 * What to do with a row whose window is reversed, empty, negative or beyond the clip. Each such row is a problem,
 * whatever the policy; rows that cannot be read at all are never samples.
 * `keep`: the window stays as published, as in the references' evaluations.
 * `clip`: windows are cut to the clip, and the row is left out if one is then empty or reversed (as 2D-TAN does).
 * `skip`: the row is left out. `fail`: the first problem ends the reading with an InputError.
 */
export const policies = ['keep', 'clip', 'skip', 'fail'] as const
export type Policy = (typeof policies)[number]

/** Whose rule cleans query texts; see `clean.ts`. */
export const cleanings = ['raw', 'videomind', 'videochat-r1'] as const
export type Cleaning = (typeof cleanings)[number]

export interface ReadSettings {
  readonly policy: Policy
  readonly cleaning: Cleaning
  /** Which published form to read where the folder has several, by a part of the file's name, e.g. `csv`. */
  readonly form?: string
}

/** The default of readers and commands; evaluation and inspection use `keep`, as the benchmarks' scripts do. */
export const defaultReadSettings: ReadSettings = { policy: 'clip', cleaning: 'raw' }

export interface SourceFile {
  readonly path: string
  /** Of the file's bytes as stored, in hexadecimal. */
  readonly sha256: string
}

/** The contents of a dataset's files. */
export interface DatasetReading {
  readonly samples: ReadonlyArray<Sample>
  readonly problems: ReadonlyArray<Problem>
  /** Those of rows that gave no sample. */
  readonly lost: ReadonlyArray<Problem>
  /** Notices about valid rows, each once per file. */
  readonly notices: ReadonlyArray<Notice>
  readonly files: ReadonlyArray<SourceFile>
  /** Rows read, samples or not. */
  readonly rows: number
}

/** Published or counted sizes of a split. */
export interface Size {
  readonly samples: number
  readonly videos?: number
}

/** One dataset: what it is, and how its published files become samples. */
export interface Dataset {
  readonly name: string
  /** Licence of the annotations as stated by the publishers; null if not stated. */
  readonly licence: string | null
  readonly homepage: string
  /** The files it is read from, as published; `.gz` of each is read too. */
  readonly files: ReadonlyArray<string>
  readonly splits: ReadonlyArray<string>
  readonly sizes: { readonly [split: string]: Size }
  /** For datasets of the configuration: the suite whose rules score them. */
  readonly suite?: string
  /** The same file format under another name, for datasets of the configuration. */
  readonly named: (name: string, suite?: string) => Dataset
  /**
   * Reads one split from a folder of annotation files.
   *
   * @param split one of `splits`; `val` and `valid` mean the same.
   * @returns an InputError for a missing or unreadable file, and under policy `fail` for the first bad row.
   */
  readonly read: (
    folder: string,
    split: string,
    settings?: Partial<ReadSettings>,
  ) => Effect.Effect<DatasetReading, InputError>
}
