import { letter, type Sample } from './sample.ts'

/** A sample that contradicts itself: `fatal` where nothing can be asked or scored. */
export interface Contradiction {
  readonly kind: 'malformed' | 'missing' | 'mismatch' | 'duplicate-option'
  readonly message: string
  readonly fatal: boolean
}

/** Whether the task asks for one of some options. */
const chooses = ({ task }: Pick<Sample, 'task'>): boolean => task === 'choice' || task === 'grounded-qa'

/**
 * What the fields of a sample say against each other and its task: an answer must be the letter of one of the options
 * or a whole number, a question with options needs two or more, and no two of them may say the same. A missing
 * annotation is no contradiction: test splits withhold theirs, and ReXTime's letters come without their options.
 */
export const contradictions = (
  sample: Pick<Sample, 'task' | 'options' | 'answer'>,
): ReadonlyArray<Contradiction> => {
  const found: Array<Contradiction> = []
  const fatal = (kind: Contradiction['kind'], message: string) => found.push({ kind, message, fatal: true })
  const { task, options, answer } = sample
  if (chooses(sample)) {
    if (options !== undefined && options.length < 2)
      fatal('missing', `options: a sample of task ${task} needs two or more`)
    else if (options !== undefined && options.length > 26)
      fatal('malformed', `options: ${options.length}, and letters end at 26`)
    else if (answer !== undefined) {
      const last = letter((options?.length ?? 26) - 1)
      if (!/^[A-Z]$/.test(answer) || answer > last)
        fatal(
          'mismatch',
          `answer: ${JSON.stringify(answer.slice(0, 40))} is not the letter of an option (A to ${last})`,
        )
    }
    const twice = options?.find((option, index) => options.indexOf(option) !== index)
    if (twice !== undefined)
      found.push({
        kind: 'duplicate-option',
        message: `options: ${JSON.stringify(twice)} is there twice`,
        fatal: false,
      })
  }
  if (task === 'counting' && answer !== undefined && !/^\d+$/.test(answer))
    fatal('mismatch', `answer: ${JSON.stringify(answer.slice(0, 40))} is not a whole number`)
  return found
}
