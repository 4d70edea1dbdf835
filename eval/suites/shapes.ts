import type { Suite } from '../suite.ts'
import { byTask } from './by-task.ts'

/**
 * This project's synthetic dataset, all four tasks, by grade. The ground truth must be put into the samples before
 * scoring.
 */
export const shapes: Suite = {
  ...byTask,
  name: 'shapes',
  dataset: 'shapes',
  split: 'valid',
  typeKey: 'grade',
}
