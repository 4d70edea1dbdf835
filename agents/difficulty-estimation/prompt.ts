import type { Sample } from '../../core/index.ts'
import { type Dialect, dialectVersion, questionOf, type Style } from '../../tasks/index.ts'

/** Recorded in every verdict; it follows the shared questions, which this agent asks unchanged. */
export const promptVersion = ({ dialect }: { readonly dialect: Dialect }): string =>
  `difficulty-estimation/1+${dialectVersion(dialect)}`

/** The task whose question is put: a grounded question is answered and grounded, anything else grounded. */
export const askedTask = ({ task }: Pick<Sample, 'task'>): 'grounding' | 'grounded-qa' =>
  task === 'grounded-qa' ? task : 'grounding'

/** Zero-shot on the whole clip, exactly the question that training and evaluation ask. */
export const difficultyQuestion = (
  sample: Pick<Sample, 'task' | 'query' | 'options'>,
  style?: Style,
): string => questionOf({ ...sample, task: askedTask(sample) }, style)
