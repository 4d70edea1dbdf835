import type { Effect } from 'effect'
import type { InputError, Sample } from '../core/index.ts'

/** What is wrong with one row of an annotation file. */
export const problemKinds = [
  /** The row lacks a field, or one has the wrong type. */
  'malformed',
  /** A window ends after the annotated duration. */
  'beyond-clip',
  /** A window ends before it starts. */
  'reversed',
  /** A window has no length. */
  'empty-window',
  /** A window starts before zero. */
  'negative',
  /** Two rows of one split carry the same identifier. */
  'duplicate-id',
  /** No duration, video or count is known for the row. */
  'missing',
  /** Two fields, or two files, of the dataset disagree about the row. */
  'mismatch',
  /** Two options of a question say the same. */
  'duplicate-option',
  /** The row is sound, but of a kind that no task here covers (an image, free text). */
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
 * `keep`: the window stays as published, as the references' own evaluations have it.
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

/** The one default of readers and commands; what evaluates or inspects says `keep`, as the benchmarks' scripts do. */
export const defaultReadSettings: ReadSettings = { policy: 'clip', cleaning: 'raw' }

export interface SourceFile {
  readonly path: string
  /** Of the file's bytes as stored, in hexadecimal. */
  readonly sha256: string
}

/** What a dataset's files say. */
export interface DatasetReading {
  readonly samples: ReadonlyArray<Sample>
  readonly problems: ReadonlyArray<Problem>
  /** What a user may want to know although every row is as it should be, each once a file. */
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
  /** What its publishers state for the annotations; null if they state nothing. */
  readonly licence: string | null
  readonly homepage: string
  /** The files it is read from, as published; `.gz` of each is read too. */
  readonly files: ReadonlyArray<string>
  readonly splits: ReadonlyArray<string>
  readonly sizes: { readonly [split: string]: Size }
  /** Of the user's own data: the suite whose rules score it. */
  readonly suite?: string
  /** The same form of files under another name, as the user's own data has one. */
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
