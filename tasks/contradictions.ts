import { hasImageSuffix, letter, type Sample } from '../core/index.ts'
import { taskSpecs, tasks } from './catalogue.ts'
import { cyclesProblem } from './cycles.ts'
import { taughtReply } from './taught.ts'

/** A sample that contradicts itself or names no task: `fatal` where nothing can be asked or scored. */
export interface Contradiction {
  readonly kind: 'malformed' | 'missing' | 'mismatch' | 'duplicate-option'
  readonly message: string
  readonly fatal: boolean
}

const short = (text: string): string => JSON.stringify(text.slice(0, 40))

/** What is wrong with the options of a question and the letter that answers it. */
const ofOptions = ({ task, options, answer }: Fields): ReadonlyArray<Contradiction> => {
  const found: Array<Contradiction> = []
  const fatal = (kind: Contradiction['kind'], message: string) => found.push({ kind, message, fatal: true })
  if (options !== undefined && options.length < 2)
    fatal('missing', `options: a sample of task ${task} needs two or more`)
  else if (options !== undefined && options.length > 26)
    fatal('malformed', `options: ${options.length}, at most 26 are supported`)
  else if (answer !== undefined) {
    const last = letter((options?.length ?? 26) - 1)
    if (!/^[A-Z]$/.test(answer) || answer > last)
      fatal('mismatch', `answer: ${short(answer)} is not the letter of an option (A to ${last})`)
  }
  const trimmed = options?.map((option) => option.trim())
  const twice = trimmed?.find((option, index) => trimmed.indexOf(option) !== index)
  if (twice !== undefined)
    found.push({
      kind: 'duplicate-option',
      message: `options: ${JSON.stringify(twice)} occurs twice`,
      fatal: false,
    })
  return found
}

type Fields = Pick<Sample, 'task' | 'options' | 'answer'> & Partial<Pick<Sample, 'file' | 'windows'>>

/** A sample whose count has no leading zeros: answers are compared as text, and replies are read without them. */
export const plainCount = <A extends Pick<Sample, 'task' | 'answer'>>(sample: A): A =>
  taskSpecs.get(sample.task)?.answers === 'count' && sample.answer !== undefined
    ? { ...sample, answer: sample.answer.replace(/^0+(?=\d)/, '') }
    : sample

/**
 * What the fields of a sample say against each other and its task: the task must exist, an image has no windows and none
 * are asked of it, an answer must be the letter of one of the options or a whole number, a question with options needs
 * two or more, and no two of them may say the same. A missing annotation is no contradiction: test splits withhold
 * theirs, and ReXTime's letters come without their options.
 */
export const contradictions = (sample: Fields): ReadonlyArray<Contradiction> => {
  const { task, answer, file = '', windows = null } = sample
  const spec = taskSpecs.get(task)
  if (spec === undefined)
    return [
      { kind: 'malformed', message: `task: ${short(task)} is not one of ${tasks.join(', ')}`, fatal: true },
    ]
  if (hasImageSuffix(file) && (spec.grounded || windows !== null))
    return [
      {
        kind: 'mismatch',
        message: `file: ${short(file)} is an image, which has no time line for ${spec.grounded ? `task ${task}` : 'windows'}`,
        fatal: true,
      },
    ]
  if (spec.answers === 'letter') return ofOptions(sample)
  if (spec.answers === 'count' && answer !== undefined && !/^\d+$/.test(answer))
    return [{ kind: 'mismatch', message: `answer: ${short(answer)} is not a whole number`, fatal: true }]
  return []
}

/**
 * What is wrong with what `meta` holds for the task of a sample without contradictions, or null: cycles that fit neither
 * the count nor each other, written thoughts that cannot be taught. The question can be asked and scored all the same.
 */
export const metaProblem = (sample: Sample): string | null => {
  const cycles = taskSpecs.get(sample.task)?.answers === 'count' ? cyclesProblem(sample) : null
  if (cycles !== null) return cycles
  const taught = taughtReply(sample)
  return taught?.kind === 'problem' ? taught.problem : null
}
