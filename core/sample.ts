import type { Window } from './window.ts'

/** What is asked of a sample. */
export const tasks = ['grounding', 'grounded-qa', 'choice', 'counting'] as const
export type Task = (typeof tasks)[number]

export type Json = string | number | boolean | null | ReadonlyArray<Json> | { readonly [key: string]: Json }

/** One video, one query and its annotation. */
export interface Sample {
  /** Stable and unique within `dataset` and `split`; the reference's own identifier where it has one. */
  readonly id: string
  readonly dataset: string
  readonly split: string
  readonly task: Task
  /** Identifier of the video: two samples share a video exactly when these are equal. */
  readonly video: string
  /** File of the video, relative to the folder of the dataset's videos. */
  readonly file: string
  /** Annotated duration in seconds, or null where the annotation states none. */
  readonly duration: number | null
  /** The cleaned query or question. */
  readonly query: string
  /** Annotated windows in seconds; `[]` says that the query never holds, null that nothing is annotated. */
  readonly windows: ReadonlyArray<Window> | null
  /** Option texts of a multiple-choice question, without their letters. */
  readonly options?: ReadonlyArray<string>
  /** The option's letter (`choice`, `grounded-qa`) or the count in decimal digits (`counting`). */
  readonly answer?: string
  /** What else the annotation says (grade, type, source, saliency). */
  readonly meta?: { readonly [key: string]: Json }
}

/** The letter of the option at `index`: 0 is `A`. */
export const letter = (index: number): string => String.fromCharCode(65 + index)
