import { z } from 'zod'

/** What has changed: read the paths again that show it. */
export const changeKinds = [
  /** The list of runs. */
  'runs',
  /** Tables, histograms and samples of a curation. */
  'verdicts',
  'folds',
  'decisions',
  'curations',
  'metrics',
  'rollouts',
  'validation',
  'evaluation',
] as const

/**
 * `GET /api/events`: server-sent events of type `change`, one JSON object each; a comment every 15 s keeps it open. The
 * first event is `ready`: what changes after it is told, and what was read before it may be out of date.
 */
export const changeSchema = z.object({
  /** Id of the run; empty for `runs`. */
  run: z.string(),
  what: z.enum(changeKinds),
})
export type Change = z.output<typeof changeSchema>
