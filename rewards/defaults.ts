import type { Task } from '../core/index.ts'
import { taskSpecs } from '../tasks/index.ts'

/** Names of rewards and their weights in the sum. */
export interface Weights {
  readonly [name: string]: number
}

const defaults: { readonly [task: Task]: Weights } = {
  grounding: { iou: 1 },
  'grounded-qa': { answer: 1, glue_iou: 1 },
  choice: { answer: 1 },
  counting: { count_hybrid: 1 },
  open: { video_r1_accuracy: 1 },
}

/** The rewards of a task for which none are set. */
export const defaultWeights = (task: Task): Weights =>
  defaults[task] ?? (taskSpecs.get(task)?.answers === null ? { iou: 1 } : { answer: 1 })
