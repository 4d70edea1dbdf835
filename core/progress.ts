import { Context, Effect } from 'effect'

/** The progress of a phase of work. */
export interface ProgressState {
  /** The phase in two or three words, e.g. `boundary reflection`. */
  readonly label: string
  readonly done: number
  readonly total: number
  readonly failed?: number
  /** One short measured figure to show beside the bar, e.g. `reward 0.41`. */
  readonly note?: string
}

/** Receives the state of long work. Nothing is shown unless a command line provides a display. */
export class Progress extends Context.Reference<{
  readonly report: (state: ProgressState) => Effect.Effect<void>
}>('spanwise/core/Progress', { defaultValue: () => ({ report: () => Effect.void }) }) {}
