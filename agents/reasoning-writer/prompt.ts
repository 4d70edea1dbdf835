import type { Sample, Window } from '../../core/index.ts'
import {
  countingQuestion,
  type Dialect,
  dialectVersion,
  listRepetitions,
  type Style,
} from '../../tasks/index.ts'

/** Recorded in every verdict; incremented with the text below. */
export const promptVersion = ({ dialect }: { readonly dialect: Dialect }): string =>
  `reasoning-writer/1+${dialectVersion(dialect)}`

const steps = `1. What the video shows, in one or two sentences.
2. What one repetition is: the pose in which it starts, what happens, and the pose in which it ends.
3. Every repetition with its start and end in seconds from the beginning of the video, one decimal each, in one line of this form: rep1: 1.0s-5.0s, rep2: 5.0s-8.5s
4. Cycle boundaries: whether each repetition in the list starts and ends in those poses, and none overlaps the next.
5. Consistency over time: whether the repetitions last about equally long, and where there are pauses.
6. The total in this form: Total count: NUMBER.`

const told = (count: string, cycles: ReadonlyArray<Window> | null): string =>
  `The annotation says that the count is ${count}${cycles === null || cycles.length === 0 ? '' : `, with the repetitions at ${listRepetitions(cycles)}`}. Write the reasoning of somebody who finds this in the video, without mentioning an annotation.`

/** What a chain of thought is requested with. */
export interface ReasoningRequest extends Pick<Sample, 'query' | 'answer'> {
  /** Annotated cycles in seconds, null where unknown. */
  readonly cycles: ReadonlyArray<Window> | null
  /** Whether the model is told count and cycles. */
  readonly truth: boolean
}

/**
 * The request for a chain of thought about one sample. A model of the shapes dialect that is not told the truth gets the
 * very question that training asks.
 */
export const reasoningQuestion = (
  { query, answer = '', cycles, truth }: ReasoningRequest,
  { dialect }: Pick<Style, 'dialect'>,
): string => {
  if (dialect === 'shapes' && !truth) return countingQuestion(query, { dialect, think: true })
  return `Watch the whole video and answer this question with a count: ${query}

${truth ? `${told(answer, cycles)}\n\n` : ''}Reason between <think> and </think>, in this order:
${steps}

Then end your reply with the count as a whole number in digits: <answer>NUMBER</answer>`
}
