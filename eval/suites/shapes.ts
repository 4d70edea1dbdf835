import type { Suite } from '../suite.ts'
import { byTask } from './by-task.ts'

/**
 * The procedural world of this project, all four tasks, by grade. Truth that is kept aside has to be put into the samples
 * before scoring.
 */
export const shapes: Suite = {
  ...byTask,
  name: 'shapes',
  dataset: 'shapes',
  split: 'valid',
  typeKey: 'grade',
}
