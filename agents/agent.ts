import type { Effect } from 'effect'
import { z } from 'zod'
import type { Json, Sample } from '../core/index.ts'
import type { ModelError, VisionLanguageModel } from '../models/index.ts'
import { type Dialect, dialects, type Reading, type Reply, type YesNo } from '../tasks/index.ts'
import type { Clip } from '../video/index.ts'

/** A column's type in Parquet and DuckDB. */
export type ColumnType =
  | 'VARCHAR'
  | 'DOUBLE'
  | 'INTEGER'
  | 'BOOLEAN'
  | 'DOUBLE[]'
  | 'INTEGER[]'
  | 'VARCHAR[]'
  | 'DOUBLE[][]'

/** A column of an agent's verdicts. */
export interface Column {
  readonly type: ColumnType
  /** What it holds, with its unit. */
  readonly comment: string
  /** Long, and wanted for single samples only: it stays in the part files when they are merged. */
  readonly bulky?: true
  /** What kind of text it is, where it is no free one: one of a few values that repeat, or a digest. */
  readonly text?: 'repeats' | 'digest'
}

/** What an agent says of a sample. */
export interface Verdict {
  /** `dropped` says that this agent found a reason against the sample; what is done about it is `curate`'s choice. */
  readonly outcome: 'kept' | 'dropped'
  readonly reason: string | null
  /** The agent's own columns, by name. */
  readonly columns: { readonly [column: string]: Json }
}

/** A reply and what it says. */
export interface ReadReply {
  readonly reply: Reply
  readonly reading: Reading | YesNo
}

/**
 * One curation agent: it looks (`investigate`, which asks the model and only records), then it decides (`decide`, a
 * pure function of what was recorded, so that a changed threshold never costs a model call).
 */
export interface Agent<S extends ViewSettings, E, C> {
  /** Folder name in a run, and the table's name with `_` for `-`. */
  readonly name: string
  /** The command that runs it. */
  readonly command: string
  /** The version of everything that the model is shown and asked under these settings; enters the key of the results. */
  readonly promptVersion: (settings: Pick<S, 'dialect'>) => string
  /** Fills in every default; unknown fields are refused. */
  readonly settings: z.ZodType<S>
  readonly evidence: z.ZodType<E>
  readonly columns: { readonly [column: string]: Column }
  /** What the agent needs to know of the whole plan, e.g. the prior of its windows. */
  readonly prepare: (samples: ReadonlyArray<Sample>) => C
  /** Why the agent cannot look at this sample at all, or null. */
  readonly unfit: (sample: Sample) => string | null
  readonly investigate: (
    sample: Sample,
    clip: Clip,
    settings: S,
    context: C,
  ) => Effect.Effect<E, ModelError, VisionLanguageModel>
  /** Every reply in the evidence with its reading: what the command watches. */
  readonly readings: (evidence: E) => ReadonlyArray<ReadReply>
  readonly decide: (sample: Sample, evidence: E, settings: S) => Verdict
}

/** How agents look at a video; the defaults are what the shipped checkpoint was trained on. */
export const viewShape = {
  /** Frames per second, as long as that gives at most `frames`; longer videos are sampled evenly. */
  fps: z.number().positive().default(2),
  frames: z.int().positive().default(32),
  maxPixels: z.int().positive().default(4096),
}

/** How agents put their questions. */
export const styleShape = {
  dialect: z.enum(dialects).default('shapes'),
  /** Asks for thoughts before the answer. */
  think: z.boolean().default(false),
}

/** A reply in evidence: its text alone where it ended by itself and had no thoughts apart. */
export const replySchema = z.union([
  z.string(),
  z.object({
    text: z.string(),
    finish: z.enum(['stop', 'length']),
    reasoning: z.string().exactOptional(),
  }),
])

export interface ViewSettings {
  readonly dialect: Dialect
  readonly think: boolean
  readonly fps: number
  readonly frames: number
  readonly maxPixels: number
}

export const windowSchema = z.tuple([z.number(), z.number()]).readonly()
export const windowsSchema = z.array(windowSchema).readonly()
