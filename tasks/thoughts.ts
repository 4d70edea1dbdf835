import type { Window } from '../core/index.ts'
import { countAnswer } from './counting.ts'
import { formatEnds } from './times.ts'

/** Repetitions as ActRep-R1 lists them: `rep1: 1.0s-2.0s, rep2: 2.0s-3.0s`. */
export const listRepetitions = (cycles: ReadonlyArray<Window>): string =>
  cycles.map((cycle, i) => `rep${i + 1}: ${formatEnds(cycle).join('s-')}s`).join(', ')

/**
 * The shortest chain of thought that reaches a count: every repetition in seconds, then how many they are, e.g.
 * `rep1: 1.0s-2.0s, rep2: 2.0s-3.0s. Total count: 2.`
 */
export const countThoughts = (cycles: ReadonlyArray<Window>): string =>
  `${cycles.length === 0 ? '' : `${listRepetitions(cycles)}. `}Total count: ${cycles.length}.`

/** A whole reply to a counting question that is asked with thoughts: `<think>…</think><answer>2</answer>`. */
export const reasonedCount = (cycles: ReadonlyArray<Window>): string =>
  `<think>${countThoughts(cycles)}</think>${countAnswer(cycles.length)}`
