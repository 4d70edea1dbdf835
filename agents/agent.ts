import type { Effect } from 'effect'
import { z } from 'zod'
import type { Json, Sample, Task } from '../core/index.ts'
import {
  type ChatRequest,
  type ModelError,
  type ModelProfile,
  type Question,
  replyPlan,
  type ViewSettings,
  type VisionLanguageModel,
} from '../models/index.ts'
import { dialects, type Reading, type Reply, type Style, type YesNo } from '../tasks/index.ts'
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
  /** Kind of text, if not free text: one of a few repeated values, or a digest. */
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
export interface Agent<S extends LookSettings, E, C, R = VisionLanguageModel> {
  /** Folder name in a run, and the table's name with `_` for `-`. */
  readonly name: string
  /** The command that runs it. */
  readonly command: string
  /** The tasks that it can process; by default those of the first that the samples have. */
  readonly tasks: ReadonlyArray<Task>
  /** The version of everything that the model is shown and asked under these settings; enters the key of the results. */
  readonly promptVersion: (settings: Pick<S, 'dialect'>) => string
  /** What the model's profile says of the settings; the user's own go over it. */
  readonly defaults: (profile: ModelProfile) => { readonly [setting: string]: unknown }
  /** Fills in the other defaults; unknown fields are refused. */
  readonly settings: z.ZodType<S>
  readonly evidence: z.ZodType<E>
  readonly columns: { readonly [column: string]: Column }
  /** What the agent needs to know of the whole plan, e.g. the prior of its windows. */
  readonly prepare: (samples: ReadonlyArray<Sample>) => C
  /** Set where it decodes the frames that it shows itself: `investigate` then gets the clip without its frames. */
  readonly decodes?: true
  /** Why the agent cannot look at this sample at all, or null. */
  readonly unfit: (sample: Sample) => string | null
  readonly investigate: (
    sample: Sample,
    clip: Clip,
    settings: S,
    context: C,
  ) => Effect.Effect<E, ModelError, R>
  /** Every reply in the evidence with its reading: what the command watches. */
  readonly readings: (evidence: E) => ReadonlyArray<ReadReply>
  readonly decide: (sample: Sample, evidence: E, settings: S) => Verdict
}

/** How agents look at a video. The defaults are those of the model's profile. */
export const viewShape = {
  /** Frames per second, as long as that gives at most `frames`; longer videos are sampled evenly. */
  fps: z.number().positive(),
  frames: z.int().positive(),
  /** Fewest frames, of a short video. */
  minFrames: z.int().positive(),
  /** Most pixels of one frame. */
  maxPixels: z.int().positive(),
  /** Most vision tokens of the whole clip. */
  visionTokens: z.int().positive(),
}

/** How agents put their questions. */
export const styleShape = {
  dialect: z.enum(dialects),
  /** Asks for thoughts before the answer. */
  think: z.boolean(),
  /** The reasoning switch of the model's chat template; null if it has none. */
  reasoning: z.boolean().nullable(),
  /** Whether replies begin with thoughts, asked for or not: the first token then says nothing of the answer. */
  reasons: z.boolean(),
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

/** What the settings of every agent hold. */
export interface LookSettings extends ViewSettings, Pick<Style, 'dialect'> {}

/** What a request says of the model's own reasoning. */
export const reasoningOf = ({
  reasoning,
}: {
  readonly reasoning: boolean | null
}): Pick<ChatRequest, 'think'> => (reasoning === null ? {} : { think: reasoning })

/** View and style of a profile, as settings of an agent that asks such a question first. */
export const lookOf = (profile: ModelProfile, question: Question) => {
  const { fps, frames, minFrames, maxPixels, visionTokens } = profile.view
  const { ask, enable, reasons, maxTokens } = replyPlan(profile, question)
  return {
    ...{ fps, frames, minFrames, maxPixels, visionTokens },
    ...{ dialect: profile.dialect, think: ask, reasoning: enable, reasons },
    ...{ maxTokens, guided: profile.guided },
  }
}

export const windowSchema = z.tuple([z.number(), z.number()]).readonly()
export const windowsSchema = z.array(windowSchema).readonly()
